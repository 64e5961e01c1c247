// What is fetched once the first page stands: the waiting room, the call, what comes after.
import type { StepProps } from "./steps/props";
import { Phone, Thanks } from "./steps/After";
import { Call } from "./steps/Call";
import { Feedback } from "./steps/Feedback";
import { Ringing } from "./steps/Ringing";
import { WaitingRoom } from "./steps/WaitingRoom";

export { Talk } from "./talk";

export const LATER = {
  waiting: WaitingRoom,
  ringing: Ringing,
  call: Call,
  phone: Phone,
  feedback: Feedback,
  thanks: Thanks,
} satisfies Record<string, (props: StepProps) => preact.JSX.Element>;
