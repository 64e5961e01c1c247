// What every step's page is given.
import type { Engine } from "../engine";

export interface StepProps {
  engine: Engine;
}
