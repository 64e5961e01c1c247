// The patient's page: opens the link and shows the step that the visit has come to.
import { start } from "../shared/start";
import "./visit.css";
import { Engine } from "./engine";
import { Visit } from "./Visit";

const engine = new Engine();
engine.fetchAhead();
void start("visit", () => <Visit engine={engine} />).then(() => engine.open());
