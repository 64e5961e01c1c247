/* One RTP stream as it arrives: compared with what was sent, asked for again where it has gaps, put together to frames. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

#define NACK_AFTER (5 * MS)
#define NACK_AGAIN (100 * MS)
#define NACK_TRIES 10
#define NACK_GIVE_UP (1500 * MS)
#define STUCK (400 * MS)
#define PLI_AGAIN (500 * MS)
#define FREEZE (150 * MS)

static uint64_t freeze_from(const sink *s) {
  uint64_t treble = 3 * s->average, later = s->average + FREEZE;
  return treble > later ? treble : later;
}

static bool counts(const sink *s, uint64_t number) {
  return number >= s->track->marked && number < s->track->ended;
}

static void show(sink *s, uint64_t number, uint64_t now) {
  uint64_t pause = s->shown_at ? now - s->shown_at : 0;
  if (s->shown_at && pause > freeze_from(s)) s->figures.freezes++, s->figures.frozen_ns += pause;
  if (s->average == 0) s->average = s->track->lib->m.period_ns;
  s->average = (29 * s->average + (pause < SECOND ? pause : s->average)) / 30;
  s->shown_at = now;
  if (counts(s, number)) s->figures.shown++;
}

/* Leaves on the tape only frames from this number on, up to but without that one. */
static void trim(sink *s, uint64_t from, uint64_t to) {
  uint32_t kept = 0;
  for (uint32_t at = 0, size; at < s->taped; at += size) {
    size = 8u + get16(s->tape + at + 6);
    uint32_t number = get32(s->tape + at);
    if (number < from || number >= to) continue;
    memmove(s->tape + kept, s->tape + at, size);
    kept += size;
  }
  s->taped = kept;
}

static void completed(sink *s, assembly *a, uint64_t now) {
  a->complete = true;
  if (counts(s, a->number)) s->figures.complete++;
  if (s->track->set.kind == SOUND) {
    if (counts(s, a->number)) s->figures.shown++;
    s->showing = true;
    return;
  }
  bool key = s->track->position_of[a->number % HISTORY] == 0;
  if (key && (!s->showing || a->number > s->next)) {
    s->showing = true, s->next = a->number;
    trim(s, s->next, UINT64_MAX);
  }
  for (a = &s->window[s->next % WINDOW]; s->showing && a->used && a->complete && a->number == s->next;
       a = &s->window[s->next % WINDOW])
    show(s, s->next++, now);
}

static void filled(sink *s, uint16_t sequence) {
  for (uint32_t i = 0; i < s->gap_count; i++)
    if (s->gaps[i].sequence == sequence) {
      s->gaps[i] = s->gaps[--s->gap_count];
      return;
    }
}

static void number_seen(sink *s, uint16_t sequence, uint64_t now) {
  s->received++;
  if (!s->heard) {
    s->heard = true, s->first = s->highest = sequence;
    return;
  }
  int ahead = (int16_t)(sequence - s->highest);
  if (ahead <= 0) {
    filled(s, sequence);
    return;
  }
  if (sequence < s->highest) s->cycles += 0x10000;
  if (s->track->set.kind == PICTURE)
    for (uint16_t missing = (uint16_t)(s->highest + 1); missing != sequence && s->gap_count < GAPS; missing++)
      s->gaps[s->gap_count++] = (gap){.sequence = missing, .since = now};
  s->highest = sequence;
}

/* The length of the VP8 payload descriptor (RFC 7741 section 4.2), and its 15-bit picture id or -1. */
static int descriptor(const uint8_t *p, int length, int *picture) {
  int at = 1;
  *picture = -1;
  if (length < 5 || !(p[0] & 0x80)) return at;
  uint8_t more = p[at++];
  if (more & 0x80) {
    if (p[at] & 0x80) *picture = get16(p + at) & 0x7fff;
    at += p[at] & 0x80 ? 2 : 1;
  }
  if (more & 0x40) at++;
  if (more & 0x30) at++;
  return at;
}

/* The tape begins with the keyframe that the picture began with. */
static void record(sink *s, uint64_t number, uint32_t payload, bool begins, const uint8_t *data, int length) {
  if (!s->set.tape) return;
  if (begins && !s->showing) s->taping = true, s->taped = 0;
  if (!s->taping || s->taped + 8 + (uint32_t)length > TAPE) return;
  uint8_t *p = s->tape + s->taped;
  put32(p, (uint32_t)number), put16(p + 4, payload), put16(p + 6, (uint32_t)length);
  memcpy(p + 8, data, (size_t)length);
  s->taped += 8 + (uint32_t)length;
}

static void learn(sink *s, uint32_t payload, uint16_t sequence, uint32_t timestamp, int picture, bool marker) {
  const track *t = s->track;
  uint32_t frame = t->lib->frame_of[payload];
  uint16_t by = (uint16_t)(sequence - t->sequence_of[payload]);
  uint32_t later = timestamp - t->timestamp_at[frame];
  uint16_t on = picture < 0 ? 0 : (uint16_t)(picture - t->picture_at[frame]) & 0x7fff;
  bool last = t->set.kind == PICTURE && payload + 1 == t->lib->m.frames[frame + 1];
  bool same = s->sequence_offset == by && s->timestamp_offset == later && s->picture_offset == on;
  if ((s->learned && !same) || marker != last) s->figures.bent++;
  s->learned = true, s->sequence_offset = by, s->timestamp_offset = later, s->picture_offset = on;
}

/* Made anew on the way, so nothing to compare with: frames are counted by their ends, and their start is the tape's. */
static void take_foreign(sink *s, uint16_t sequence, bool marker, bool starts, const uint8_t *data, int length) {
  bool key = s->track->set.kind == SOUND || (starts && length > 0 && !(data[0] & 1)); /* RFC 7741 section 4.3 */
  if (sequence != s->foreign_next) s->foreign_broken = true;
  s->foreign_next = (uint16_t)(sequence + 1);
  if (starts) s->foreign_part = 0, s->foreign_broken = false;
  record(s, s->foreign_frame, s->foreign_part++, key, data, length);
  if (key) s->showing = true;
  if (!marker && s->track->set.kind == PICTURE) return;
  s->foreign_frame++;
  if (!s->foreign_broken && s->track->ended == UINT64_MAX) s->figures.complete++;
}

void sink_rtp(engine *e, wire *w, sink *s, uint8_t *p, int length, bool again, uint64_t real) {
  (void)w;
  uint64_t now = now_ns();
  const track *t = s->track;
  int at = 12 + 4 * (p[0] & 15), picture = -1;
  if (p[0] & 0x10 && at + 4 <= length) at += 4 + 4 * get16(p + at + 2);
  if (p[0] & 0x20) length -= p[length - 1];
  uint16_t sequence = get16(p + 2);
  s->figures.packets++, s->figures.octets += (uint64_t)(length > 0 ? length : 0);
  if (again) {
    if (at + 2 > length) return;
    s->figures.again++;
    sequence = get16(p + at), at += 2;
    filled(s, sequence);
  } else {
    number_seen(s, sequence, now);
  }
  if (at >= length) return; /* padding alone */
  bool starts = t->set.kind == SOUND || (p[at] & 0x17) == 0x10;
  if (t->set.kind == PICTURE) at += descriptor(p + at, length - at, &picture);
  if (at >= length) return;
  if (s->set.foreign) {
    take_foreign(s, sequence, p[1] >> 7, starts, p + at, length - at);
    return;
  }
  int found = library_find(t->lib, p + at, (uint32_t)(length - at));
  const material *m = &t->lib->m;
  if (found < 0 || m->offsets[found + 1] - m->offsets[found] != (uint32_t)(length - at) || !t->when[found] ||
      memcmp(m->bytes + m->offsets[found], p + at, (size_t)(length - at))) {
    s->figures.altered++;
    return;
  }
  uint32_t frame = t->lib->frame_of[found], part = (uint32_t)found - m->frames[frame];
  uint64_t number = t->number_at[frame];
  learn(s, (uint32_t)found, sequence, get32(p + 4), picture, p[1] >> 7);
  assembly *a = &s->window[number % WINDOW];
  if (!a->used || a->number != number) *a = (assembly){.number = number, .used = true};
  if (a->bits[part / 64] >> part % 64 & 1) {
    s->figures.twice++;
    return;
  }
  a->bits[part / 64] |= 1ull << part % 64;
  bool begins = t->set.kind == SOUND || (part == 0 && frame == 0);
  record(s, number, part, begins, p + at, length - at);
  if (!again && e->measuring && counts(s, number) && real > t->when[found]) {
    count_in(&s->latency, real - t->when[found]);
    count_in(&e->latency, real - t->when[found]);
  }
  if (++a->count == m->frames[frame + 1] - m->frames[frame]) completed(s, a, now);
}

static void ask_again(engine *e, wire *w, sink *s, uint64_t now) {
  uint16_t wanted[64];
  int count = 0;
  for (uint32_t i = 0; i < s->gap_count;) {
    gap *g = &s->gaps[i];
    if (now - g->since > NACK_GIVE_UP || g->tries == NACK_TRIES) {
      *g = s->gaps[--s->gap_count];
      continue;
    }
    if (count < 64 && now - g->since >= NACK_AFTER && (!g->asked || now - g->asked >= NACK_AGAIN))
      wanted[count++] = g->sequence, g->asked = now, g->tries++;
    i++;
  }
  if (!count) return;
  s->figures.nacked += (uint64_t)count;
  rtcp_nack(e, w, s, wanted, count);
}

void sink_tick(engine *e, wire *w, sink *s, uint64_t now) {
  if (s->track->set.kind != PICTURE || !s->heard || s->set.foreign) return;
  if (s->gap_count) ask_again(e, w, s, now);
  bool waiting = !s->showing || s->track->number > s->next + 1;
  if (!waiting || !s->track->on)
    s->stuck_since = now;
  else if (now - s->stuck_since > STUCK && now - s->key_asked > PLI_AGAIN) {
    s->key_asked = now;
    s->figures.keyframes_asked++;
    rtcp_pli(e, w, s);
  }
}

void sink_count_anew(sink *s) {
  s->figures = (sink_figures){0};
  memset(&s->latency, 0, sizeof s->latency);
  s->learned = false;
  if (!s->shown_at) s->shown_at = now_ns(); /* a picture that never comes is a freeze from here on */
}

int sink_new(engine *e, const sink_setup *set) {
  if (e->sink_count == MANY) return -1;
  sink *s = calloc(1, sizeof *s);
  s->set = *set;
  if (set->tape) s->tape = malloc(TAPE);
  pthread_mutex_lock(&e->lock);
  s->track = e->tracks[set->track];
  s->stuck_since = now_ns();
  wire *w = e->wires[set->wire];
  int number = -1;
  if (s->track && w->sink_count < 32) {
    number = e->sink_count++;
    e->sinks[number] = w->sinks[w->sink_count++] = s;
    w->routes[w->route_count++] = (route){set->ssrc, s, false};
    if (set->rtx_ssrc) w->routes[w->route_count++] = (route){set->rtx_ssrc, s, true};
  }
  pthread_mutex_unlock(&e->lock);
  if (number < 0) sink_free(s);
  return number;
}

void sink_read(engine *e, int number, sink_figures *figures) {
  pthread_mutex_lock(&e->lock);
  sink *s = e->sinks[number];
  if (s) {
    const track *t = s->track;
    *figures = s->figures;
    uint64_t end = t->ended < t->number ? t->ended : t->number;
    figures->due = end > t->marked ? end - t->marked : 0;
    figures->latency_p50_ns = quantile(&s->latency, 0.50);
    figures->latency_p99_ns = quantile(&s->latency, 0.99);
    uint64_t pause = now_ns() - s->shown_at;
    if (t->set.kind == PICTURE && t->on && s->shown_at && pause > freeze_from(s))
      figures->freezes++, figures->frozen_ns += pause;
  }
  pthread_mutex_unlock(&e->lock);
}

uint32_t sink_tape(engine *e, int number, uint8_t *data, uint32_t size) {
  pthread_mutex_lock(&e->lock);
  sink *s = e->sinks[number];
  if (s && s->track->set.kind == PICTURE && !s->set.foreign) trim(s, 0, s->next);
  uint32_t length = s && s->tape ? (s->taped < size ? s->taped : size) : 0;
  if (length) memcpy(data, s->tape, length);
  pthread_mutex_unlock(&e->lock);
  return length;
}

void sink_free(sink *s) {
  free(s->tape);
  free(s);
}
