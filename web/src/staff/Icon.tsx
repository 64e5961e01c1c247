// The few signs of the clinician's page, drawn in the text's colour; words always stand beside them.
const PATHS = {
  good: "M5 12.5l4.5 4.5L19 7",
  doubtful: "M12 5v9M12 18.5v.5",
  bad: "M6 6l12 12M18 6L6 18",
  camera: "M3 7h12v10H3zM15 10.5l6-3.5v10l-6-3.5",
  camera_off: "M3 7h12v10H3zM15 10.5l6-3.5v10l-6-3.5M3 3l18 18",
  microphone: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3",
  microphone_off: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3M3 3l18 18",
  flip: "M4 12a8 8 0 0 1 13.7-5.6L20 8.5M20 4v4.5h-4.5M20 12a8 8 0 0 1-13.7 5.6L4 15.5M4 20v-4.5h4.5",
  devices: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  screen: "M3 5h18v11H3zM9 20h6M12 16v4M12 13V8.5M9.5 10.5L12 8l2.5 2.5",
  screen_off: "M3 5h18v11H3zM9 20h6M12 16v4M3 3l18 18",
  phone: "M6 3h3l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v3a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  hang_up: "M3 14c5-5 13-5 18 0l-2.5 3-4-1.8v-3a12 12 0 0 0-5 0v3l-4 1.8z",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  plus: "M12 5v14M5 12h14",
  more: "M6 9l6 6 6-6",
  pause: "M9 5v14M15 5v14",
  resume: "M8 5l11 7-11 7z",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20v-1a5 5 0 0 1 5-5h3a5 5 0 0 1 5 5v1M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5a5 5 0 0 1 3.5 4.5v1",
  bell: "M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 20.5h4",
  bell_off: "M6 16v-5a6 6 0 0 1 12 0v5l2 2H4zM10 20.5h4M3 3l18 18",
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class="s-icon" viewBox="0 0 24 24" width="1.25em" height="1.25em" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
