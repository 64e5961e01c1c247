/* One RTP stream as a browser sends it: encoded frames on time, in small bursts, and again what somebody missed. */
#include "engine.h"

#include <stdlib.h>
#include <string.h>

/* Bursts as libwebrtc's pacer makes them: every 5 ms what 2.5 times the bitrate allows, here two packets. */
#define PACE (5 * MS)
#define BURST 2
#define KEYFRAME_PAUSE (300 * MS)

static int write_header(wire *w, const track *t, uint8_t *p, uint8_t type, bool marker, uint16_t sequence,
                        uint32_t timestamp, uint32_t ssrc) {
  p[0] = 0x80, p[1] = (uint8_t)(type | (marker ? 0x80 : 0));
  put16(p + 2, sequence), put32(p + 4, timestamp), put32(p + 8, ssrc);
  int at = 16;
  if (t->set.mid_id) {
    int length = (int)strlen(t->set.mid);
    p[at++] = (uint8_t)(t->set.mid_id << 4 | (length - 1));
    memcpy(p + at, t->set.mid, (size_t)length);
    at += length;
  }
  if (t->set.level_id) p[at++] = (uint8_t)(t->set.level_id << 4), p[at++] = 0x80 | 30; /* RFC 6464: voice, -30 dBov */
  if (t->set.cc_id) {
    p[at++] = (uint8_t)(t->set.cc_id << 4 | 1);
    put16(p + at, w->cc_sequence++);
    at += 2;
  }
  if (at == 16) return 12;
  while (at % 4) p[at++] = 0;
  p[0] |= 0x10; /* RFC 8285, one-byte headers */
  put16(p + 12, 0xbede), put16(p + 14, (uint32_t)(at - 16) / 4);
  return at;
}

static int write_payload(const track *t, const sent_packet *s, uint8_t *p) {
  const material *m = &t->lib->m;
  uint32_t from = m->offsets[s->payload], length = m->offsets[s->payload + 1] - from;
  int at = 0;
  if (t->set.kind == PICTURE) { /* RFC 7741 section 4.2: start of partition, 15-bit picture id */
    bool first = m->frames[t->lib->frame_of[s->payload]] == s->payload;
    p[at++] = first ? 0x90 : 0x80, p[at++] = 0x80;
    put16(p + at, 0x8000u | s->picture);
    at += 2;
  }
  memcpy(p + at, m->bytes + from, length);
  return at + (int)length;
}

static void begin_frame(track *t, uint64_t now) {
  const material *m = &t->lib->m;
  t->position = (t->position + 1) % m->frame_count;
  if (t->set.kind == PICTURE && t->key_wanted && now - t->key_sent > KEYFRAME_PAUSE) t->position = 0;
  if (t->set.kind == PICTURE && t->position == 0) {
    t->key_wanted = false, t->key_sent = now;
    t->figures.keyframes++;
  }
  t->at = m->frames[t->position];
  t->left = m->frames[t->position + 1] - t->at;
  t->timestamp = t->first_timestamp + (uint32_t)t->number * m->clock_step;
  t->picture = (t->picture + 1) & 0x7fff;
  t->number_at[t->position] = t->number;
  t->timestamp_at[t->position] = t->timestamp;
  t->picture_at[t->position] = t->picture;
  t->position_of[t->number % HISTORY] = t->position;
}

void track_tick(engine *e, track *t, uint64_t now) {
  uint8_t buffers[BURST][PACKET + TRAILER];
  uint8_t *packets[BURST];
  int lengths[BURST], count = 0;
  wire *w = e->wires[t->set.wire];
  if (now < t->pace || !w->tx) return;
  uint64_t real = real_ns();
  while (count < BURST) {
    if (!t->left) {
      if (t->started + t->number * t->lib->m.period_ns > now) break;
      begin_frame(t, now);
    }
    sent_packet *s = &t->history[t->sequence % HISTORY];
    *s = (sent_packet){t->at, t->timestamp, t->sequence, t->picture, t->left == 1 || t->set.kind == SOUND, true};
    if (t->set.kind == SOUND) s->marker = false;
    uint8_t *p = packets[count] = buffers[count];
    int header = write_header(w, t, p, t->set.type, s->marker, s->sequence, s->timestamp, t->set.ssrc);
    lengths[count] = header + write_payload(t, s, p + header);
    t->octets += (uint64_t)(lengths[count] - header);
    t->figures.octets += (uint64_t)lengths[count];
    t->when[t->at] = real;
    t->sequence_of[t->at] = t->sequence;
    count++, t->sequence++, t->at++, t->sent++, t->figures.packets++;
    if (--t->left == 0) t->number++, t->figures.frames++;
  }
  if (!count) return;
  if (t->set.kind == PICTURE) t->pace = now + PACE;
  wire_send(e, w, packets, lengths, count);
}

void track_nacked(engine *e, track *t, uint16_t sequence) {
  sent_packet *s = &t->history[sequence % HISTORY];
  wire *w = e->wires[t->set.wire];
  if (!s->used || s->sequence != sequence || !w->tx) return;
  uint8_t p[PACKET + TRAILER], *packets[1] = {p};
  int length;
  if (t->set.rtx_type) { /* RFC 4588 */
    length = write_header(w, t, p, t->set.rtx_type, s->marker, t->rtx_sequence++, s->timestamp, t->set.rtx_ssrc);
    put16(p + length, sequence);
    length += 2;
  } else {
    length = write_header(w, t, p, t->set.type, s->marker, sequence, s->timestamp, t->set.ssrc);
  }
  length += write_payload(t, s, p + length);
  t->figures.answered++;
  wire_send(e, w, packets, &length, 1);
}

int track_new(engine *e, const track_setup *set) {
  if (e->track_count == MANY) return -1;
  track *t = calloc(1, sizeof *t);
  t->set = *set;
  t->lib = &e->libs[set->kind];
  const material *m = &t->lib->m;
  uint32_t payloads = m->frames[m->frame_count];
  t->when = calloc(payloads, sizeof *t->when);
  t->sequence_of = calloc(payloads, sizeof *t->sequence_of);
  t->number_at = calloc(m->frame_count, sizeof *t->number_at);
  t->picture_at = calloc(m->frame_count, sizeof *t->picture_at);
  t->timestamp_at = calloc(m->frame_count, sizeof *t->timestamp_at);
  t->position = m->frame_count - 1;
  t->first_timestamp = set->ssrc * 2654435761u; /* anything */
  t->sequence = (uint16_t)(t->first_timestamp >> 17);
  t->rtx_sequence = (uint16_t)(t->first_timestamp >> 18);
  t->picture = (t->first_timestamp >> 8) & 0x7fff;
  t->ended = UINT64_MAX;
  pthread_mutex_lock(&e->lock);
  int number = e->track_count++;
  e->tracks[number] = t;
  wire *w = e->wires[set->wire];
  if (w->track_count < 8) w->tracks[w->track_count++] = t;
  pthread_mutex_unlock(&e->lock);
  return number;
}

void track_run(engine *e, int number, int on) {
  pthread_mutex_lock(&e->lock);
  track *t = e->tracks[number];
  if (t && on && !t->on) {
    /* Frames keep their number over a pause; the timestamps then say nothing of how long it was. */
    t->started = now_ns() + t->set.phase_ns - t->number * t->lib->m.period_ns;
    t->key_wanted = true;
  }
  if (t) t->on = on;
  pthread_mutex_unlock(&e->lock);
}

void track_read(engine *e, int number, track_figures *figures) {
  pthread_mutex_lock(&e->lock);
  track *t = e->tracks[number];
  if (t) {
    *figures = t->figures;
    figures->asked = t->asked;
    figures->running = t->on;
  }
  pthread_mutex_unlock(&e->lock);
}

void track_free(track *t) {
  free(t->when);
  free(t->number_at);
  free(t->sequence_of);
  free(t->picture_at);
  free(t->timestamp_at);
  free(t);
}
