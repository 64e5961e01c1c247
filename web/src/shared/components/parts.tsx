// The small parts all pages are made of: headings, buttons, notices, progress, video.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { errorText, t } from "../messages";
import { code as traceCode } from "../trace";

/** The page's one heading; it can take the focus so that a new step is read aloud. */
export function Heading({ children }: { children: ComponentChildren }) {
  return (
    <h1 class="ds-heading" data-size="lg" tabIndex={-1}>
      {children}
    </h1>
  );
}

export interface ButtonProps extends Omit<JSX.IntrinsicElements["button"], "icon"> {
  variant?: "primary" | "secondary" | "tertiary";
  color?: "accent" | "neutral" | "danger";
  busy?: boolean;
  wide?: boolean;
}

export function Button({ variant = "primary", color, busy, wide, children, class: extra, disabled, onClick, ...rest }: ButtonProps) {
  // A busy button stays in the tab order, so that the focus is not lost; presses on it do nothing.
  return (
    <button
      type="button"
      {...rest}
      {...(busy || disabled ? {} : { onClick })}
      class={`ds-button${extra ? ` ${String(extra)}` : ""}`}
      data-variant={variant}
      data-color={color}
      data-fullwidth={wide || undefined}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      disabled={disabled}
    >
      {busy && <span class="v-spin" aria-hidden="true" />}
      {children}
    </button>
  );
}

export type Tone = "info" | "success" | "warning" | "danger";

/** A box that says something; warnings and dangers that turn up are read aloud at once. */
export function Notice({ tone, title, live = true, children }: { tone: Tone; title?: string; live?: boolean; children?: ComponentChildren }) {
  const role = !live ? undefined : tone === "danger" ? "alert" : "status";
  return (
    <div class="ds-alert" data-color={tone} role={role}>
      {title && <h2 class="ds-heading" data-size="2xs">{title}</h2>}
      <div class="v-stack">{children}</div>
    </div>
  );
}

/** An error by its code, with what to do; `seconds`: how long to wait first, where that is known. */
export function ErrorNotice({ code, seconds = 0, onRetry }: { code: string; seconds?: number; onRetry?: () => void }) {
  return (
    <Notice tone="danger">
      <p>{errorText(code, seconds)}</p>
      <p class="v-muted">{t("common.support.code", { code: traceCode })}</p>
      {onRetry && (
        <Button variant="secondary" onClick={onRetry}>
          {t("common.retry")}
        </Button>
      )}
    </Notice>
  );
}

/** Something is on its way. */
export function Waiting({ children }: { children: ComponentChildren }) {
  return (
    <p class="v-waiting" role="status">
      <span class="v-spin" aria-hidden="true" />
      {children}
    </p>
  );
}

/** Where one is among the steps: a list for the ear, bars for the eye. */
export function Steps({ names, at }: { names: string[]; at: number }) {
  return (
    <ol class="v-steps" aria-label={t("common.steps")}>
      {names.map((name, index) => (
        <li key={name} class={index < at ? "is-done" : index === at ? "is-now" : ""} aria-current={index === at ? "step" : undefined}>
          <span>{name}</span>
        </li>
      ))}
    </ol>
  );
}

export function Progress({ value, label }: { value: number; label: string }) {
  return <progress class="v-progress" max={1} value={value} aria-label={label} />;
}

export interface VideoProps {
  stream: MediaStream | null;
  /** `self` is mirrored and silent, `screen` is silent. */
  role: "self" | "remote" | "screen";
  mirrored?: boolean;
  label: string;
  /** Output device, where the browser can choose one. */
  sink?: string | null;
  /** Whether the browser wants a press before it plays. */
  onBlocked?: (blocked: boolean) => void;
}

/** A picture, and for `remote` its sound. */
export function Video({ stream, role, mirrored = role === "self", label, sink, onBlocked }: VideoProps) {
  const element = useRef<HTMLVideoElement>(null);
  const sound = stream?.getAudioTracks()[0];
  const attached = useRef(sound);
  useEffect(() => {
    const video = element.current;
    if (!video) return undefined;
    // Chromium shows the picture that takes another's place in a stream, and plays no sound that does.
    if (video.srcObject !== stream || attached.current !== sound) video.srcObject = stream;
    attached.current = sound;
    if (!stream) return undefined;
    const play = (): void => {
      if (!video.isConnected || document.visibilityState !== "visible") return;
      void video.play().catch((problem: unknown) => {
        // A browser that will not play sound without a press; other failures are of a stream already replaced.
        if (problem instanceof DOMException && problem.name === "NotAllowedError") onBlocked?.(true);
      });
    };
    const plays = (): void => onBlocked?.(false);
    play();
    // A phone call stops what plays, and a page that was put away may not have been let play.
    video.addEventListener("pause", play);
    video.addEventListener("playing", plays);
    document.addEventListener("visibilitychange", play);
    return () => {
      video.removeEventListener("pause", play);
      video.removeEventListener("playing", plays);
      document.removeEventListener("visibilitychange", play);
    };
  }, [stream, sound]);
  useEffect(() => {
    const video = element.current;
    // An empty name is the system's own; it is set only after another was.
    if (video && "setSinkId" in video && video.sinkId !== (sink ?? "")) void video.setSinkId(sink ?? "").catch(() => undefined);
  }, [sink]);
  return (
    <video
      ref={element}
      class={`v-video${mirrored ? " v-video--mirrored" : ""}`}
      data-role={role}
      aria-label={label}
      autoPlay
      playsInline
      muted={role !== "remote"}
      disablePictureInPicture
    />
  );
}
