// The dialogs over the list and the call, and which of them is open.
import { useEffect } from "preact/hooks";
import type { ConsultationView, GuestView, Me } from "../protocol";
import { AlertsDialog } from "./AlertsDialog";
import { BookingDialog } from "./BookingDialog";
import { CancelDialog, HangUpDialog, RemoveGuestDialog } from "./confirmations";
import type { Desk } from "./desk";
import { GuestDialog } from "./GuestDialog";
import { HandOverDialog } from "./HandOverDialog";
import { MessagesDialog } from "./MessagesDialog";
import { MoveDialog } from "./MoveDialog";
import { PeopleDialog } from "./PeopleDialog";
import { PhoneDialog } from "./PhoneDialog";
import { QueueDialog } from "./QueueDialog";
import { SettingsDialog } from "./SettingsDialog";
import { WITH_CALL } from "./state";
import { SupportDialog } from "./SupportDialog";
import { TrailDialog } from "./TrailDialog";

export type Open =
  | { dialog: "book" | "support" | "alerts" | "queue" | "settings" }
  | { dialog: "move" | "cancel" | "trail" | "messages" | "phone" | "guest" | "people" | "hand_over" | "hang_up"; view: ConsultationView }
  | { dialog: "remove_guest"; view: ConsultationView; guest: GuestView };
export type Opener = (open: Open) => void;

interface DialogsProps {
  desk: Desk;
  me: Me;
  open: Open;
  onOpen: Opener;
  onClose: () => void;
}

export function Dialogs({ desk, me, open, onOpen, onClose }: DialogsProps) {
  // What is asked about may have changed since the dialog opened, or be a colleague's by now.
  const view = "view" in open ? (desk.state.held[open.view.consultation]?.view ?? open.view) : null;
  const ofCall = ["settings", "people", "queue"].includes(open.dialog) && !desk.state.seated;
  const over = ofCall || (open.dialog === "hang_up" && view !== null && !WITH_CALL.has(view.state));
  useEffect(() => {
    if (over) onClose();
  }, [over]);
  if (over) return null;
  if (open.dialog === "book") return <BookingDialog desk={desk} me={me} onClose={onClose} />;
  if (open.dialog === "support") return <SupportDialog desk={desk} me={me} onClose={onClose} />;
  if (open.dialog === "alerts") return <AlertsDialog onClose={onClose} />;
  if (open.dialog === "queue") return <QueueDialog desk={desk} onClose={onClose} />;
  if (open.dialog === "settings") return <SettingsDialog desk={desk} onClose={onClose} />;
  if (!view) return null;
  if (open.dialog === "remove_guest") return <RemoveGuestDialog desk={desk} view={view} guest={open.guest} onClose={onClose} />;
  if (open.dialog === "move") return <MoveDialog desk={desk} me={me} view={view} onClose={onClose} />;
  if (open.dialog === "cancel") return <CancelDialog desk={desk} view={view} onClose={onClose} />;
  if (open.dialog === "phone") return <PhoneDialog desk={desk} view={view} onClose={onClose} />;
  if (open.dialog === "guest") return <GuestDialog desk={desk} view={view} onClose={onClose} />;
  if (open.dialog === "hang_up") return <HangUpDialog desk={desk} view={view} onClose={onClose} />;
  if (open.dialog === "people") return <PeopleDialog desk={desk} view={view} onOpen={onOpen} onClose={onClose} />;
  if (open.dialog === "hand_over") return <HandOverDialog desk={desk} me={me} view={view} onClose={onClose} />;
  if (open.dialog === "messages") return <MessagesDialog desk={desk} me={me} view={view} onClose={onClose} />;
  return <TrailDialog desk={desk} me={me} view={view} onClose={onClose} />;
}
