// The others in a call: one picture in full, a grid of several, or a shared screen large with the people beside it.
import { t } from "../messages";
import { presenter, shown, type Peers, type Person, type Remote } from "../people";
import type { Seat } from "../../protocol";
import { Video } from "./parts";

export interface StageProps {
  remote: Remote | null;
  peers: Peers;
  nameOf: (seat: Seat) => string;
  /** Output device, where the browser can choose one. */
  sink: string | null;
  /** The browser does not play sound without a press; `playAll` is for that press. */
  onBlocked: () => void;
  /** Whether no pictures are to be seen: it rings, or only sound is wanted. */
  covered?: boolean;
  /** Whether the conversation is paused: nothing is seen or heard. */
  paused?: boolean;
}

export function Stage({ remote, peers, nameOf, sink, onBlocked, covered = false, paused = false }: StageProps) {
  const people = shown(remote, peers);
  const sharing = covered || paused ? null : presenter(peers);
  return (
    <div class="v-people" data-count={people.length} data-screen={sharing ?? undefined}>
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
            named={people.length > 1 || sharing !== null}
            cover={paused ? "paused" : peers[person.seat]?.interrupted ? "interrupted" : covered || peers[person.seat]?.camera === false ? "initials" : null}
            silent={peers[person.seat]?.microphone === false}
            sink={sink}
            onBlocked={onBlocked}
          />
        ))}
      </div>
    </div>
  );
}

interface TileProps extends Pick<StageProps, "sink" | "onBlocked"> {
  person: Person;
  name: string;
  /** Whether the name stands under the picture. */
  named: boolean;
  cover: Cover | null;
  silent: boolean;
}

/** Why there is no picture to see; what the system took away is said under the initials. */
type Cover = "initials" | "interrupted" | "paused";

function Tile({ person, name, named, cover, silent, sink, onBlocked }: TileProps) {
  return (
    <figure class="v-person" data-seat={person.seat}>
      <Video role="remote" stream={person.stream} label={t("common.call.picture", { name })} sink={sink} onBlocked={onBlocked} />
      {cover && (
        <div class="v-person__cover" data-cover={cover}>
          <span aria-hidden="true">{initials(name)}</span>
          {cover === "interrupted" && <p>{t("common.call.interrupted", { name })}</p>}
          {cover === "paused" && <p>{t("common.pause.cover")}</p>}
        </div>
      )}
      {named && <figcaption>{silent ? t("common.call.silent", { name }) : name}</figcaption>}
    </figure>
  );
}

/** Play everybody's sound, from within a press; resolves when it can be heard, rejects if the browser still will not. */
export async function playAll(): Promise<void> {
  await Promise.all([...document.querySelectorAll<HTMLVideoElement>("video[data-role=remote]")].map((video) => video.play()));
}

/** The first letters of the first and the last name. */
function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => word?.[0] ?? "").join("").toUpperCase();
}
