// What the clinician's page knows after something happened, as a pure reducer.
import type { ToClinician } from "../protocol";
import { endCall, meet, pause, queue, refused, sit, welcome } from "./incall";
import { learn, learnDay, letGo } from "./learning";
import { withNotice, withoutNotices } from "./notice";
import { initial, type Action, type StaffState } from "./state";

export function reduce(state: StaffState, action: Action): StaffState {
  switch (action.type) {
    case "received":
      return receive(state, action.message);
    case "listed":
      return action.clinician === state.whose ? learnDay(state, action.list) : state;
    case "updated":
      return action.view.clinician === state.whose ? learn(state, action.day, action.view) : state;
    case "show":
      // What was only for one's information goes with the day it was about.
      return { ...state, shown: action.day, asked: state.asked + 1, notices: state.notices.filter(({ tone }) => tone !== "info") };
    case "watch":
      return watch(state, action.clinician);
    case "dawn":
      // Whoever looks at today goes on looking at today.
      return { ...state, today: action.today, shown: state.shown === state.today ? action.today : state.shown };
    case "press_call":
      return { ...withoutNotices(welcome(state, action.consultation), action.consultation), calling: action.consultation, queued: null };
    case "give_up":
      return { ...state, queued: null };
    case "left":
      return { ...state, seated: null, over: { ...state.over, [action.consultation]: action.call } };
    case "line":
      return {
        ...state,
        line: action.status,
        asked: action.status === "open" ? state.asked + 1 : state.asked,
        stopped: action.reason,
        calling: action.status === "open" ? state.calling : null,
        queued: action.status === "stopped" ? null : state.queued,
        // A line that is away, or a login that ran out, leaves the media alone; a line that stopped otherwise has lost its seat to a newer page.
        seated: action.status === "stopped" && action.reason !== "unauthenticated" ? null : state.seated,
      };
    case "notice":
      return withNotice(state, action.notice);
    case "dismiss":
      return { ...state, notices: state.notices.filter(({ id }) => id !== action.id) };
    case "looked":
      return state.arrivals.length === 0 ? state : { ...state, arrivals: [] };
  }
}

/** Another clinician's lists: of those held before nothing is left but the call, if one goes on. */
function watch(state: StaffState, clinician: string): StaffState {
  if (state.whose === clinician) return state;
  const { today, shown, asked, seated, over, suspended, line, stopped } = state;
  return { ...initial(today, clinician), shown, asked: asked + 1, seated, over, suspended, line, stopped };
}

/** Whether the trust holds video concerns all lists. */
function suspend(state: StaffState, words: string): StaffState {
  return words === state.suspended ? state : { ...state, suspended: words };
}

/** What comes of a list that is no longer looked at is dropped. */
function receive(state: StaffState, message: ToClinician): StaffState {
  switch (message.type) {
    case "board":
      return message.clinician === state.whose ? learnDay(suspend(state, message.suspended ?? ""), message) : suspend(state, message.suspended ?? "");
    case "suspended":
      return suspend(state, message.words);
    case "changed":
      return message.consultation.clinician === state.whose ? learn(state, message.day, message.consultation) : state;
    case "handed_over":
      return letGo(state, message.consultation, message.version);
    case "delayed":
      return message.clinician === state.whose ? { ...state, delays: { ...state.delays, [message.day]: message.minutes } } : state;
    case "queued":
      return queue(state, message.consultation, message.place);
    case "join":
      return sit(state, message);
    case "peer_media":
    case "peer_left":
      return meet(state, message);
    case "paused":
      return pause(state, message);
    case "call_ended":
      return endCall(state, message.consultation, message.call, message.reason);
    case "error":
      return refused(state, message.code, message.about);
    case "answer":
    case "peer_handshake":
    case "pong":
    case "seat_taken":
      return state; // the call's media, the connection itself
  }
}
