/* RTCP as a browser speaks it: reports and an estimate every second, NACK, PLI (RFC 3550 section 6, RFC 4585, RFC 5104). */
#include "engine.h"

#include <string.h>

enum { SR = 200, RR = 201, SDES = 202, RTPFB = 205, PSFB = 206 };

#define ROOM 3000000 /* bits a second a picture */

static int header(uint8_t *p, int count, int type, int words) {
  p[0] = (uint8_t)(0x80 | count), p[1] = (uint8_t)type;
  put16(p + 2, (uint32_t)words - 1);
  return 4;
}

static uint64_t ntp(uint64_t real) {
  return (real / SECOND + 2208988800ull) << 32 | ((real % SECOND) << 32) / SECOND;
}

static track *sender(wire *w, uint32_t ssrc) {
  for (int i = 0; i < w->track_count; i++)
    if (w->tracks[i]->set.ssrc == ssrc) return w->tracks[i];
  return NULL;
}

static void heard_sender(wire *w, const uint8_t *p) {
  for (int i = 0; i < w->sink_count; i++)
    if (w->sinks[i]->set.ssrc == get32(p + 4)) {
      w->sinks[i]->report_ntp = get32(p + 10);
      w->sinks[i]->report_at = now_ns();
    }
}

static void asked_key(track *t) {
  if (t) t->key_wanted = true, t->asked++;
}

void rtcp_take(engine *e, wire *w, const uint8_t *p, int length) {
  while (length >= 8) {
    int count = p[0] & 31, size = 4 * (get16(p + 2) + 1);
    if (size > length) return;
    if (p[1] == SR && size >= 28) heard_sender(w, p);
    if (p[1] == RTPFB && count == 1 && size >= 16) {
      track *t = sender(w, get32(p + 8));
      for (int at = 12; t && at + 4 <= size; at += 4) {
        uint16_t first = get16(p + at), more = get16(p + at + 2);
        track_nacked(e, t, first);
        for (int bit = 0; bit < 16; bit++)
          if (more >> bit & 1) track_nacked(e, t, (uint16_t)(first + 1 + bit));
      }
    }
    if (p[1] == PSFB && count == 1 && size >= 12) asked_key(sender(w, get32(p + 8)));
    if (p[1] == PSFB && count == 4)
      for (int at = 12; at + 8 <= size; at += 8) asked_key(sender(w, get32(p + at)));
    p += size, length -= size;
  }
}

static int block(uint8_t *p, sink *s, uint64_t now) {
  uint64_t extended = s->cycles + s->highest, expected = extended - s->first + 1;
  uint64_t lost = expected > s->received ? expected - s->received : 0;
  uint64_t due = expected - s->reported_expected, came = s->received - s->reported_received;
  uint32_t fraction = due && due > came ? (uint32_t)((due - came) * 256 / due) : 0;
  s->reported_expected = expected, s->reported_received = s->received;
  put32(p, s->set.ssrc);
  put32(p + 4, (fraction > 255 ? 255 : fraction) << 24 | ((uint32_t)lost & 0xffffff));
  put32(p + 8, (uint32_t)extended);
  put32(p + 12, 0); /* jitter: none worth telling on this machine */
  put32(p + 16, s->report_ntp);
  put32(p + 20, s->report_ntp ? (uint32_t)((now - s->report_at) * 65536 / SECOND) : 0);
  return 24;
}

static int sender_report(uint8_t *p, const track *t, uint64_t now) {
  uint64_t stamp = ntp(real_ns()), elapsed = now - t->started;
  put32(p + 4, t->set.ssrc);
  put32(p + 8, (uint32_t)(stamp >> 32)), put32(p + 12, (uint32_t)stamp);
  put32(p + 16, t->first_timestamp + (uint32_t)(elapsed * t->lib->m.clock_step / t->lib->m.period_ns));
  put32(p + 20, (uint32_t)t->sent), put32(p + 24, (uint32_t)t->octets);
  return 28;
}

static int description(uint8_t *p, uint32_t ssrc) {
  static const uint8_t cname[] = {1, 4, 'l', 'o', 'a', 'd', 0, 0};
  header(p, 1, SDES, 4);
  put32(p + 4, ssrc);
  memcpy(p + 8, cname, sizeof cname);
  return 16;
}

/* REMB (draft-alvestrand-rmcat-remb): twice what a picture needs, as on a way with room; 0 without pictures. */
static int estimate(uint8_t *p, const wire *w) {
  int count = 0;
  for (int i = 0; i < w->sink_count; i++)
    if (w->sinks[i]->track->set.kind == PICTURE && w->sinks[i]->heard && count < 16)
      put32(p + 20 + 4 * count++, w->sinks[i]->set.ssrc);
  if (!count) return 0;
  header(p, 15, PSFB, 5 + count);
  put32(p + 4, w->sinks[0]->set.own_ssrc), put32(p + 8, 0);
  memcpy(p + 12, "REMB", 4);
  put32(p + 16, (uint32_t)count << 24 | 8u << 18 | (uint32_t)(ROOM * count) >> 8);
  return 20 + 4 * count;
}

void rtcp_report(engine *e, wire *w, uint64_t now) {
  uint8_t p[PACKET + TRAILER], blocks[31 * 24];
  int size = 0, at = 0, count = 0;
  w->report_due = now + SECOND;
  for (int i = 0; i < w->sink_count && count < 31; i++)
    if (w->sinks[i]->heard) size += block(blocks + size, w->sinks[i], now), count++;
  uint32_t own = w->sink_count ? w->sinks[0]->set.own_ssrc : 0;
  bool reported = false;
  for (int i = 0; i < w->track_count; i++) {
    track *t = w->tracks[i];
    if (!t->on || !t->sent) continue;
    int with = reported ? 0 : count;
    int length = sender_report(p + at, t, now);
    header(p + at, with, SR, (length + 24 * with) / 4);
    at += length;
    memcpy(p + at, blocks, (size_t)(24 * with));
    at += 24 * with;
    own = t->set.ssrc, reported = true;
  }
  if (!reported && !count) return;
  if (!reported) {
    header(p, count, RR, 2 + size / 4);
    put32(p + 4, own);
    memcpy(p + 8, blocks, (size_t)size);
    at = 8 + size;
  }
  at += description(p + at, own);
  at += estimate(p + at, w);
  wire_send_rtcp(e, w, p, at);
}

static int feedback(uint8_t *p, const sink *s, int format, int type, int words) {
  header(p, 0, RR, 2); /* compound packets begin with a report */
  put32(p + 4, s->set.own_ssrc);
  header(p + 8, format, type, words);
  put32(p + 12, s->set.own_ssrc), put32(p + 16, s->set.ssrc);
  return 20;
}

void rtcp_nack(engine *e, wire *w, const sink *s, const uint16_t *sequences, int count) {
  uint8_t p[PACKET + TRAILER];
  int at = feedback(p, s, 1, RTPFB, 3 + count);
  for (int i = 0; i < count; i++, at += 4) put16(p + at, sequences[i]), put16(p + at + 2, 0);
  wire_send_rtcp(e, w, p, at);
}

void rtcp_pli(engine *e, wire *w, const sink *s) {
  uint8_t p[64 + TRAILER];
  wire_send_rtcp(e, w, p, feedback(p, s, 1, PSFB, 3));
}
