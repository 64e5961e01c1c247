// A consultation as the staff are told of it, for tests to change what they are about.
import type { ConsultationView } from "../../src/protocol";

export function view(more: Partial<ConsultationView>): ConsultationView {
  return {
    consultation: "a", version: 1, state: "invited", starts: "2026-11-24T09:00:00Z", minutes: 30, patient_name: "Kari", phone: "", email: "",
    login_level: "high", person_bound: false, login_method: "", sms_wanted: true, erased: false, clinician: "ingrid-berg", drop_in: false, sms: "none", mail: "none", invite_at: null, checked_in_at: null, patient_present: false, department: "medisinsk", language: "nb", tested_at: null, guests: [], running_late: 0, paused_by: null, by_phone: false,
    devices: { camera: "untested", speaker: "untested", microphone: "untested" }, network: null, call: 0, reference: "R", ...more,
  };
}
