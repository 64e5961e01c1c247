// Everything on the wire as types. Stands in for the generated file; same shape.

export type State = "booked" | "invited" | "checked_in" | "calling" | "in_call" | "ended" | "cancelled" | "missed";
export type Answer3 = "yes" | "no" | "untested";
export type Verdict = "good" | "improvable" | "poor" | "blocked";
export type Transport = "direct" | "relay_udp" | "relay_tcp" | "relay_tls" | "none";
export type LoginLevel = "none" | "substantial" | "high";
export type Delivery = "none" | "due" | "sending" | "sent" | "failed";
export type Seat = "patient" | "clinician";
export type EndReason = "hang_up" | "withdrawn" | "worker_lost" | "cancelled";
export type Language = "nb" | "en";
export type SendInvitation = "by_rule" | "now";
export type Quality = "very_good" | "good" | "fair" | "poor";
export type Problem = "no_picture" | "bad_picture" | "no_sound" | "bad_sound" | "dropped" | "hard_to_use";

export interface DeviceReport { camera: Answer3; speaker: Answer3; microphone: Answer3 }
export interface NetworkReport { verdict: Verdict; transport: Transport; rtt_ms: number; jitter_ms: number; loss: number; up_kbps: number; down_kbps: number }
export interface IceServer { urls: string[]; username: string; credential: string }
export interface DepartmentView { id: string; name: string; phone: string; address: string }
export interface VisitView {
  consultation: string; version: number; state: State; starts: string; minutes: number; time_zone: string; trust_name: string;
  department: DepartmentView; clinician_name: string; login_level: LoginLevel; logged_in: boolean; clinician_present: boolean;
  call: number; reference: string; feedback_given: boolean;
}
export interface ConsultationView {
  consultation: string; version: number; state: State; starts: string; minutes: number; patient_name: string; phone: string; email: string;
  login_level: LoginLevel; person_bound: boolean; drop_in: boolean; sms: Delivery; mail: Delivery; invite_at: string | null;
  checked_in_at: string | null; patient_present: boolean; devices: DeviceReport; network: NetworkReport | null; call: number; reference: string;
}

export interface Hello { type: "hello" }
export interface Ping { type: "ping" }
export interface Watch { type: "watch"; day: string }
export interface CheckIn { type: "check_in"; devices: DeviceReport; network?: NetworkReport | null }
export interface Leave { type: "leave" }
export interface Call { type: "call"; consultation: string }
export interface WithdrawCall { type: "withdraw_call"; consultation: string; call: number }
export interface Accept { type: "accept"; consultation: string; call: number }
export interface Offer { type: "offer"; consultation: string; call: number; n: number; sdp: string }
export interface Media { type: "media"; consultation: string; call: number; camera: boolean; microphone: boolean }
export interface HangUp { type: "hang_up"; consultation: string; call: number }
export interface Trouble { type: "trouble"; consultation: string; call: number }
export interface ProbeStart { type: "probe_start" }
export interface ProbeOffer { type: "probe_offer"; probe: string; sdp: string }

export interface Visit { type: "visit"; visit: VisitView }
export interface Board { type: "board"; day: string; consultations: ConsultationView[] }
export interface Changed { type: "changed"; day: string; consultation: ConsultationView }
export interface Ringing { type: "ringing"; consultation: string; call: number }
export interface Join { type: "join"; consultation: string; call: number; seat: Seat; ice_servers: IceServer[]; relay_only: boolean }
export interface Answer { type: "answer"; consultation: string; call: number; n: number; sdp: string }
export interface PeerMedia { type: "peer_media"; consultation: string; call: number; seat: Seat; camera: boolean; microphone: boolean }
export interface CallEnded { type: "call_ended"; consultation: string; call: number; reason: EndReason }
export interface SeatTaken { type: "seat_taken" }
export interface ProbeReady { type: "probe_ready"; probe: string; ice_servers: IceServer[]; relay_only: boolean; rates_kbps: number[]; milliseconds: number }
export interface ProbeAnswer { type: "probe_answer"; probe: string; sdp: string }
export interface Pong { type: "pong" }
export interface Error { type: "error"; code: string; message: string; retry: boolean; about: string }

export type FromPatient = Hello | Ping | CheckIn | Leave | Accept | Offer | Media | HangUp | Trouble | ProbeStart | ProbeOffer;
export type FromClinician = Hello | Ping | Watch | Call | WithdrawCall | Offer | Media | HangUp | Trouble;
export type ToPatient = Visit | Ringing | Join | Answer | PeerMedia | CallEnded | SeatTaken | ProbeReady | ProbeAnswer | Pong | Error;
export type ToClinician = Board | Changed | Join | Answer | PeerMedia | CallEnded | SeatTaken | Pong | Error;

export interface Enter { secret: string }
export interface Redirect { location: string }
export interface Ticket { ticket: string; seconds: number }
export interface Feedback { quality: Quality; problems?: Problem[] }
export interface ClinicianView { id: string; name: string }
export interface DepartmentPage { trust_name: string; department: DepartmentView; clinicians: ClinicianView[] }
export interface Arrival { clinician: string; name: string; phone: string; language?: Language }
export interface Me { id: string; name: string; trust: string; trust_name: string; time_zone: string; departments: DepartmentView[] }
export interface DayList { day: string; consultations: ConsultationView[] }
export interface Booking {
  department: string; patient_name: string; starts: string; phone?: string; email?: string; minutes?: number; login_level?: LoginLevel;
  national_id?: string; language?: Language; send?: SendInvitation;
}
export interface TrailEntry { number: number; at: string; what: string; who: string; state: string }
export interface Trail { entries: TrailEntry[] }
export interface ErrorBody { code: string; message: string; retry: boolean }
