// The others in a call: one picture in full, a grid of several, or a shared screen large with the people beside it.
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../messages";
import { presenter, shown, type Peers, type Person, type Remote } from "../people";
import type { Seat } from "../../protocol";
import { Video } from "./parts";

export interface StageProps {
  remote: Remote | null;
  peers: Peers;
  nameOf: (seat: Seat) => string;
  /** Who may open what is sealed here: each has a tile, also without a picture. */
  holders: readonly Seat[];
  /** Output device, where the browser can choose one. */
  sink: string | null;
  /** Whether the browser does not play sound without a press; `playAll` is for that press. */
  onBlocked: (blocked: boolean) => void;
  /** Whether no pictures are to be seen: it rings, or only sound is wanted. */
  covered?: boolean;
  /** Whether the conversation is paused: nothing is seen or heard. */
  paused?: boolean;
  /** Whether nothing arrives, so that the last picture is kept; `dim`: and something is said over it. */
  still?: boolean;
  dim?: boolean;
}

export function Stage({ remote, peers, nameOf, holders, sink, onBlocked, covered = false, paused = false, still = false, dim = false }: StageProps) {
  const people = shown(remote, peers, holders);
  const unplaced = holders.filter((seat) => !people.some((person) => person.seat === seat));
  const count = people.length + unplaced.length;
  const sharing = covered || paused ? null : presenter(peers);
  return (
    <div class="v-people" data-count={count} data-screen={sharing ?? undefined} data-dim={dim || undefined}>
      {sharing && remote && (
        <div class="v-shared">
          <Video role="screen" stream={remote.screen} label={t("common.call.screen", { name: nameOf(sharing) })} />
        </div>
      )}
      <div class="v-people__tiles">
        {people.map((person) => (
          <Tile
            key={person.seat}
            person={person}
            name={nameOf(person.seat)}
            named={count > 1 || sharing !== null}
            covered={paused || covered || peers[person.seat]?.camera === false || (count > 1 && !person.here && !peers[person.seat])}
            interrupted={!paused && peers[person.seat]?.interrupted === true}
            silent={peers[person.seat]?.microphone === false}
            still={still}
            sink={sink}
            onBlocked={onBlocked}
          />
        ))}
        {unplaced.map((seat) => <Unplaced key={seat} seat={seat} name={nameOf(seat)} />)}
      </div>
    </div>
  );
}

interface TileProps extends Pick<StageProps, "sink" | "onBlocked"> {
  person: Person;
  name: string;
  /** Whether the name stands under the picture. */
  named: boolean;
  covered: boolean;
  /** Whether their system took camera or microphone away, as for a phone call. */
  interrupted: boolean;
  silent: boolean;
  still: boolean;
}

function Tile({ person, name, named, covered, interrupted, silent, still, sink, onBlocked }: TileProps) {
  return (
    <figure class="v-person" data-seat={person.seat}>
      <Video role="remote" stream={person.stream} label={t("common.call.picture", { name })} sink={sink} onBlocked={onBlocked} />
      {still && <LastPicture />}
      {covered && <div class="v-person__cover" aria-hidden="true"><span>{initials(name)}</span></div>}
      {interrupted && <p class="v-person__note">{t("common.call.interrupted", { name })}</p>}
      {named && (
        <figcaption>
          {silent && <Silent />}
          <span aria-hidden={silent || undefined}>{name}</span>
          {silent && <span class="ds-sr-only">{t("common.call.silent", { name })}</span>}
        </figcaption>
      )}
    </figure>
  );
}

/** Somebody who has keys, and no place to be shown at (yet). */
function Unplaced({ seat, name }: { seat: Seat; name: string }) {
  return (
    <figure class="v-person" data-seat={seat}>
      <div class="v-person__cover" aria-hidden="true"><span>{initials(name)}</span></div>
      <figcaption><span>{name}</span></figcaption>
    </figure>
  );
}

/** What the picture beside it shows now, kept for as long as it may be torn down and built anew. */
function LastPicture() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [kept, setKept] = useState(true);
  useEffect(() => {
    const at = canvas.current;
    const video = at?.parentElement?.querySelector("video");
    if (!at || !video || video.videoWidth === 0) return setKept(false);
    [at.width, at.height] = [video.videoWidth, video.videoHeight];
    at.getContext("2d")?.drawImage(video, 0, 0);
  }, []);
  return <canvas ref={canvas} class="v-person__last" aria-hidden="true" hidden={!kept} />;
}

/** A microphone with a stroke through it, which a long name does not push out of sight. */
function Silent() {
  return (
    <svg viewBox="0 0 24 24" width="1em" height="1em" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
      <path d="M9 5a3 3 0 0 1 6 0v6M9 9v2a3 3 0 0 0 4.5 2.6M5 11a7 7 0 0 0 11 5.7M19 11a7 7 0 0 1-.6 2.8M12 18v3M3 3l18 18" />
    </svg>
  );
}

/** The first letters of the first and the last name. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => word?.[0] ?? "").join("").toUpperCase();
}
