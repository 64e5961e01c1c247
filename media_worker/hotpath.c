/* The plane in C: datagram in, decrypted, accounted for, rewritten for each receiver, encrypted, out. plane.py and streams.py
   say what each step means and why; this file does the same on the same packets (tests/media/test_planes.py). It decides
   nothing: Python does. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

#define FULL 64
#define BATCH FULL     /* datagrams taken in one system call */
#define ROOM 2048      /* bytes for one datagram with what encryption adds */
#define OUT 256        /* datagrams sent in one system call */
#define MOST_EVENTS 512
#define TURN 4000      /* µs to wait for more when busy, before the event loop has its turn */
#define BUSY 1500      /* datagrams a second from which on it is */
#define SPELL 50000    /* µs over which that is measured */
#define TABLE 4096     /* chains of known addresses */
#define STREAMS 32     /* one peer sends */
#define OUTS 16        /* receivers of one stream */
#define WINDOW 1024    /* numbers of one stream that are told apart from repeats */
#define SSRCS 256      /* one peer may ever use */
#define GAP_COST 256   /* a longer gap costs no more */
#define KEPT 512       /* packets of one stream kept for retransmission */
#define KEPT_BYTES (384 * 1024)
#define CC 1024        /* arrivals kept for transport-cc reports */
#define HELD 10000000  /* µs: so long after its last word an address is its owner's alone */
#define CC_SPAN 400    /* numbers one report covers at most */

typedef struct { int64_t level, refilled; } bucket;
typedef struct incoming incoming;
typedef struct outgoing outgoing;
typedef struct peer peer;
typedef struct plane plane;
typedef int (*srtp_call)(void *session, void *data, int *length); /* libsrtp's four, handed in: nothing is linked */

typedef struct { uint8_t ip[16]; uint16_t port, family; } place;
typedef struct entry { place at; peer *owner; struct entry *next; } entry;
typedef struct { uint64_t at; uint16_t sequence, length; } kept;

struct incoming {
  uint32_t ssrc;
  int id, video, payload_type, clock, cc_id;
  incoming *primary;
  int started;
  int64_t first, highest;
  int64_t packets, octets, recovered, frames, keyframes;
  int64_t transit, jitter;
  int width, height;
  int64_t heard;
  uint64_t seen[WINDOW / 64];
  outgoing *outs[OUTS];
  int n_outs;
  kept *index;
  uint8_t *bytes;
  uint64_t written;
};

struct outgoing {
  uint32_t ssrc, rtx_ssrc;
  int id, payload_type, rtx_payload_type, abs_id;
  incoming *current, *target;
  uint32_t time_shift;
  int64_t packets, octets, resent;
  peer *to;
  uint8_t map[16], next_map[16];
  int hinted;
  uint32_t hint;
  int begun;              /* something was sent */
  int64_t base, first, highest;
  uint32_t last_time;
  int64_t last_heard;
  int last_picture, last_level;     /* -1: none yet */
  int picture_shift, level_shift;
  uint16_t rtx_sequence;
  bucket again;
};

struct peer {
  int id;
  int64_t heard;
  int64_t forged, flooded;
  void *receive, *send;
  int fd;
  struct sockaddr_storage to;
  socklen_t to_length;
  incoming *streams[STREAMS];
  int n_streams;
  uint32_t ssrcs[SSRCS]; /* that its keys have opened something of */
  int n_ssrcs;
  bucket media, foreign, reports, unknown, gaps;
  int64_t cc_highest, cc_next, cc_lowest; /* unwrapped; -1 in cc_highest: none yet; cc_lowest > cc_highest: nothing new */
  int64_t cc_time[CC];                    /* µs; 0: did not arrive */
  int cc_count;
};

typedef struct {
  int kind, peer, stream, first, count;
  const uint8_t *data;
  int length;
  uint8_t address[28];
} event;
enum { FOREIGN, RTCP, STRANGER, GAP, LATE, SWITCHED };

struct plane {
  srtp_call unprotect, protect, unprotect_rtcp, protect_rtcp;
  entry *table[TABLE];
  bucket strangers[256];
  event events[MOST_EVENTS];
  int n_events;
  struct mmsghdr in[BATCH], out[OUT];
  struct iovec in_at[BATCH], out_at[OUT];
  struct sockaddr_storage from[BATCH], to[OUT];
  int queued, queued_fd;
  int64_t since, taken; /* datagrams taken since, µs */
  int busy;
  uint8_t in_bytes[BATCH][ROOM], out_bytes[OUT][ROOM];
};

typedef struct {
  int marker, sequence, offset, payload, ext, ext_end; /* payload: its length without padding; ext: 0 or where the elements begin */
  uint32_t time;
} header;

typedef struct { int key, picture_at, wide, level_at, width, height; } vp8;

static uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8); p[1] = (uint8_t)v; }
static void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16); put16(p + 2, v); }
static int after(int64_t a, int64_t b) { return (int16_t)(uint16_t)(a - b); }

static int64_t clock_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int spend(bucket *b, int64_t rate, int64_t burst, int64_t amount, int64_t now) {
  int64_t level = b->refilled ? b->level + (now - b->refilled) * rate : burst * 1000000;
  if (level > burst * 1000000) level = burst * 1000000;
  int enough = level >= amount * 1000000;
  b->refilled = now;
  b->level = enough ? level - amount * 1000000 : level;
  return enough;
}

/* ---- addresses */

static place place_of(const struct sockaddr *s) {
  place p;
  memset(&p, 0, sizeof p);
  p.family = s->sa_family;
  if (s->sa_family == AF_INET) {
    const struct sockaddr_in *a = (const void *)s;
    memcpy(p.ip, &a->sin_addr, 4);
    p.port = a->sin_port;
  } else {
    const struct sockaddr_in6 *a = (const void *)s;
    memcpy(p.ip, &a->sin6_addr, 16);
    p.port = a->sin6_port;
  }
  return p;
}

static uint32_t hash(const place *p) {
  uint32_t h = 2166136261u;
  for (size_t i = 0; i < sizeof *p; i++) h = (h ^ ((const uint8_t *)p)[i]) * 16777619u;
  return h ^ h >> 15;
}

static entry **find(plane *p, const place *at) {
  entry **e = &p->table[hash(at) % TABLE];
  while (*e && memcmp(&(*e)->at, at, sizeof *at)) e = &(*e)->next;
  return e;
}

/* ---- what goes to Python */

static event *tell(plane *p, int kind, int peer_id, int stream) {
  static event lost;
  event *e = p->n_events < MOST_EVENTS ? &p->events[p->n_events++] : &lost;
  e->kind = kind;
  e->peer = peer_id;
  e->stream = stream;
  return e;
}

static event *tell_bytes(plane *p, int kind, int peer_id, const uint8_t *data, int length) {
  event *e = tell(p, kind, peer_id, 0);
  e->data = data;
  e->length = length;
  return e;
}

/* ---- sending */

void plane_flush(plane *p) {
  int at = 0;
  while (at < p->queued) {
    int n = sendmmsg(p->queued_fd, p->out + at, (unsigned)(p->queued - at), MSG_DONTWAIT);
    if (n > 0) at += n;
    else if (errno == EAGAIN || errno == EWOULDBLOCK) break; /* lost, as on a full wire */
    else if (errno != EINTR) at++;                           /* this one cannot be sent; the others can */
  }
  p->queued = 0;
}

static uint8_t *slot(plane *p, int fd) {
  if (p->queued == OUT || (p->queued && p->queued_fd != fd)) plane_flush(p);
  p->queued_fd = fd;
  return p->out_bytes[p->queued];
}

static void queue(plane *p, const struct sockaddr_storage *to, socklen_t to_length, int length) {
  int i = p->queued++;
  p->out_at[i].iov_base = p->out_bytes[i];
  p->out_at[i].iov_len = (size_t)length;
  memcpy(&p->to[i], to, to_length);
  memset(&p->out[i], 0, sizeof p->out[i]);
  p->out[i].msg_hdr.msg_name = &p->to[i];
  p->out[i].msg_hdr.msg_namelen = to_length;
  p->out[i].msg_hdr.msg_iov = &p->out_at[i];
  p->out[i].msg_hdr.msg_iovlen = 1;
}

/* ---- parsing */

static int parse(const uint8_t *d, int length, header *h) {
  if (length < 12 || d[0] >> 6 != 2) return 0;
  h->marker = d[1] >> 7;
  h->sequence = get16(d + 2);
  h->time = get32(d + 4);
  h->offset = 12 + 4 * (d[0] & 15);
  h->ext = h->ext_end = 0;
  if (d[0] & 16) {
    if (length < h->offset + 4) return 0;
    h->ext = h->offset + 4;
    h->ext_end = h->offset = h->ext + 4 * get16(d + h->offset + 2);
  }
  h->payload = length - h->offset;
  if (h->payload > 0 && d[0] & 32) h->payload -= d[length - 1];
  return h->payload >= 0;
}

static int one_byte(const uint8_t *d, const header *h) { return h->ext && get16(d + h->ext - 4) == 0xBEDE; }

static int extension(const uint8_t *d, const header *h, int id) { /* where its value of two bytes begins, or 0 */
  if (!id || !one_byte(d, h)) return 0;
  for (int at = h->ext; at < h->ext_end;) {
    int n = d[at] >> 4, size = (d[at] & 15) + 1;
    if (d[at] == 0) { at++; continue; }
    if (n == 15 || at + 1 + size > h->ext_end) return 0;
    if (n == id) return size == 2 ? at + 1 : 0;
    at += 1 + size;
  }
  return 0;
}

static void describe(const uint8_t *d, int length, vp8 *v) { /* RFC 7741 section 4.2 and RFC 6386 section 9.1 */
  memset(v, 0, sizeof *v);
  v->picture_at = v->level_at = -1;
  if (length < 1) return;
  int at = 1, start = (d[0] & 0x10) && !(d[0] & 7);
  if (d[0] & 0x80) {
    if (length < 2) return;
    int flags = d[1];
    at = 2;
    if (flags & 0x80) {
      if (at >= length) return;
      int wide = d[at] >> 7;
      if (at + 1 + wide > length) return;
      v->picture_at = at;
      v->wide = wide;
      at += 1 + wide;
    }
    if (flags & 0x40) {
      if (at >= length) return;
      v->level_at = at++;
    }
    if (flags & 0x30) at++;
  }
  if (at >= length) return;
  v->key = start && !(d[at] & 1);
  if (v->key && length - at >= 10 && d[at + 3] == 0x9d && d[at + 4] == 0x01 && d[at + 5] == 0x2a) {
    v->width = (d[at + 6] | d[at + 7] << 8) & 0x3fff;
    v->height = (d[at + 8] | d[at + 9] << 8) & 0x3fff;
  }
}

/* ---- accounting */

static void cc_add(peer *e, int sequence, int64_t now) {
  if (e->cc_highest < 0) { e->cc_highest = e->cc_next = sequence; e->cc_lowest = INT64_MAX; }
  int64_t number = e->cc_highest + after(sequence, e->cc_highest);
  if (number < 0) return;
  if (number > e->cc_highest) {
    int64_t from = e->cc_highest + 1;
    if (number - from >= CC) from = number - CC + 1;
    for (int64_t i = from; i <= number; i++) e->cc_time[i % CC] = 0;
    e->cc_highest = number;
  } else if (e->cc_highest - number >= CC || e->cc_time[number % CC]) return;
  e->cc_time[number % CC] = now;
  if (number < e->cc_lowest) e->cc_lowest = number;
}

static int account(plane *p, peer *e, incoming *s, const header *h, int64_t now, int recovered) {
  if (!s->started) {
    s->started = 1;
    s->first = s->highest = h->sequence;
    memset(s->seen, 0, sizeof s->seen);
  }
  int64_t number = s->highest + after(h->sequence, s->highest);
  if (number > s->highest) {
    int64_t passed = number - s->highest - 1;
    if (passed && spend(&e->gaps, 1000, 1000, passed < GAP_COST ? passed : GAP_COST, now)) {
      event *gap = tell(p, GAP, e->id, s->id);
      gap->first = (uint16_t)(s->highest + 1);
      gap->count = (int)passed;
    }
    int64_t from = s->highest + 1;
    if (number - from >= WINDOW) from = number - WINDOW + 1;
    for (int64_t i = from; i < number; i++) s->seen[i % WINDOW / 64] &= ~(1ull << (i % 64));
    s->highest = number;
  } else if (number < 0 || number <= s->highest - WINDOW || (s->packets + s->recovered && s->seen[number % WINDOW / 64] >> (number % 64) & 1)) {
    return 0;
  } else if (number < s->highest) {
    tell(p, LATE, e->id, s->id)->first = h->sequence;
  }
  s->heard = now;
  s->seen[number % WINDOW / 64] |= 1ull << (number % 64);
  s->frames += h->marker;
  if (recovered) {
    s->recovered++;
    return 1;
  }
  int64_t transit = now * s->clock / 1000000 - h->time;
  if (s->packets) {
    int64_t d = transit - s->transit;
    if (d < 0) d = -d;
    if (d < s->clock) s->jitter += d - ((s->jitter + 8) >> 4);
  }
  s->transit = transit;
  s->packets++;
  s->octets += h->payload;
  return 1;
}

static void keep(incoming *s, int sequence, const uint8_t *d, int length) {
  if (!s->index) {
    s->index = calloc(KEPT, sizeof *s->index);
    /* Not from the heap: there, such pieces would lie about among what lives longer, and hold its end up. */
    void *bytes = mmap(NULL, KEPT_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    s->bytes = bytes == MAP_FAILED ? NULL : bytes;
  }
  if (!s->index || !s->bytes) return;
  uint64_t room = KEPT_BYTES - s->written % KEPT_BYTES;
  if (room < (uint64_t)length) s->written += room; /* in one piece */
  memcpy(s->bytes + s->written % KEPT_BYTES, d, (size_t)length);
  s->index[sequence % KEPT] = (kept){s->written, (uint16_t)sequence, (uint16_t)length};
  s->written += (uint64_t)length;
}

/* ---- forwarding */

static void emit(plane *p, outgoing *o, int64_t position, const uint8_t *d, int length, const header *h, int64_t now, int again) {
  peer *to = o->to;
  if (!to->send || !to->to_length || length + 2 + 144 > ROOM) return;
  uint8_t *b = slot(p, to->fd);
  int rtx = again && o->rtx_ssrc, sequence = (uint16_t)(o->base + position), shift = rtx ? 2 : 0;
  memcpy(b, d, (size_t)h->offset);
  memcpy(b + h->offset + shift, d + h->offset, (size_t)(length - h->offset));
  if (rtx) put16(b + h->offset, (uint32_t)sequence); /* RFC 4588 section 4 */
  b[1] = (uint8_t)(h->marker << 7 | (rtx ? o->rtx_payload_type : o->payload_type));
  put16(b + 2, rtx ? o->rtx_sequence++ : (uint32_t)sequence);
  put32(b + 4, h->time + o->time_shift);
  put32(b + 8, rtx ? o->rtx_ssrc : o->ssrc);
  if (h->ext && !one_byte(d, h)) {
    put16(b + h->ext - 4, 0xBEDE);
    memset(b + h->ext, 0, (size_t)(h->ext_end - h->ext));
  }
  for (int at = h->ext; at < h->ext_end;) {
    if (b[at] == 0) { at++; continue; }
    int n = b[at] >> 4, size = (b[at] & 15) + 1, ours = n == 15 || at + 1 + size > h->ext_end ? 0 : o->map[n];
    if (n == 15 || at + 1 + size > h->ext_end) size = h->ext_end - at - 1;
    if (!ours) memset(b + at, 0, (size_t)(1 + size)); /* padding, RFC 8285 section 4.2 */
    else {
      b[at] = (uint8_t)(ours << 4 | (size - 1));
      /* Only where a second sending has a number of its own: one number with two contents would give the key away. */
      if (ours == o->abs_id && size == 3 && o->rtx_ssrc) {
        uint32_t stamp = (uint32_t)((((uint64_t)now % 64000000) << 18) / 1000000);
        b[at + 1] = (uint8_t)(stamp >> 16);
        put16(b + at + 2, stamp);
      }
    }
    at += 1 + size;
  }
  if (o->current->video) {
    vp8 v;
    describe(d + h->offset, h->payload, &v);
    uint8_t *body = b + h->offset + shift;
    if (v.picture_at >= 0) {
      uint32_t picture = v.wide ? get16(body + v.picture_at) & 0x7fffu : body[v.picture_at];
      picture = picture + (uint32_t)o->picture_shift;
      if (v.wide) put16(body + v.picture_at, 0x8000u | (picture & 0x7fff));
      else body[v.picture_at] = picture & 0x7f;
    }
    if (v.level_at >= 0) body[v.level_at] = (uint8_t)(body[v.level_at] + o->level_shift);
  }
  int size = length + shift;
  if (p->protect(to->send, b, &size)) return;
  queue(p, &to->to, to->to_length, size);
  if (again) o->resent++;
  else {
    o->packets++;
    o->octets += h->payload;
  }
}

static void begin(plane *p, outgoing *o, incoming *s, const uint8_t *d, const header *h, int64_t now) {
  o->base += o->highest + 1;
  o->first = h->sequence;
  o->highest = -1;
  memcpy(o->map, o->next_map, sizeof o->map);
  if (o->begun) {
    int64_t passed = (now - o->last_heard) * s->clock / 1000000;
    uint32_t expected = o->last_time + (uint32_t)(passed < 1 ? 1 : passed);
    int32_t off = (int32_t)(h->time + o->hint - expected);
    if (o->hinted && off > -3 * s->clock && off < 3 * s->clock) {
      o->time_shift = o->hint;
      if ((int32_t)(h->time + o->hint - o->last_time) < 1) o->time_shift = o->last_time + 1 - h->time;
    } else {
      o->time_shift = expected - h->time;
    }
  }
  if (s->video) {
    vp8 v;
    describe(d + h->offset, h->payload, &v);
    o->picture_shift = o->level_shift = 0;
    if (v.picture_at >= 0 && o->last_picture >= 0)
      o->picture_shift = o->last_picture + 1 - (v.wide ? get16(d + h->offset + v.picture_at) & 0x7fff : d[h->offset + v.picture_at]);
    if (v.level_at >= 0 && o->last_level >= 0) o->level_shift = o->last_level + 1 - d[h->offset + v.level_at];
  }
  incoming *former = o->current;
  o->current = s;
  if (former && former != s)
    for (int i = 0; i < former->n_outs; i++)
      if (former->outs[i] == o) former->outs[i--] = former->outs[--former->n_outs];
  tell(p, SWITCHED, o->to->id, o->id);
}

static void forward(plane *p, outgoing *o, incoming *s, const uint8_t *d, int length, const header *h, const vp8 *v, int64_t now) {
  if (o->target == s && o->current != s) {
    if (s->video && !v->key) return;
    begin(p, o, s, d, h, now);
  }
  if (o->current != s) return;
  int64_t position = o->highest + after(h->sequence, o->first + o->highest);
  if (position < 0) return; /* that number belongs to the stream before */
  if (position > o->highest) {
    o->highest = position;
    o->last_time = h->time + o->time_shift;
    o->last_heard = now;
    if (v->picture_at >= 0) {
      const uint8_t *at = d + h->offset + v->picture_at;
      o->last_picture = ((v->wide ? get16(at) & 0x7fff : *at) + o->picture_shift) & 0x7fff;
    }
    if (v->level_at >= 0) o->last_level = (d[h->offset + v->level_at] + o->level_shift) & 0xff;
  }
  o->begun = 1;
  emit(p, o, position, d, length, h, now, 0);
}

static void take(plane *p, peer *e, incoming *s, uint8_t *d, int length, int64_t now) {
  header h;
  vp8 v = {0, -1, 0, -1, 0, 0};
  int recovered = 0;
  if (!parse(d, length, &h)) return;
  int at = extension(d, &h, s->cc_id);
  if (at) cc_add(e, get16(d + at), now);
  if (s->primary) { /* RFC 4588 section 4: the number of the lost packet stands before its payload */
    s->packets++;
    if (h.payload < 2) return;
    recovered = 1;
    s = s->primary;
    d[1] = (uint8_t)(h.marker << 7 | s->payload_type);
    memcpy(d + 2, d + h.offset, 2);
    put32(d + 8, s->ssrc);
    memmove(d + h.offset, d + h.offset + 2, (size_t)(length - h.offset - 2));
    length -= 2;
    if (!parse(d, length, &h)) return;
    if (!s->started) return;
  }
  if (!account(p, e, s, &h, now, recovered)) return;
  if (s->video) {
    describe(d + h.offset, h.payload, &v);
    s->keyframes += v.key;
    if (v.width) {
      s->width = v.width;
      s->height = v.height;
    }
    if (s->n_outs) keep(s, h.sequence, d, length);
  }
  for (int i = s->n_outs - 1; i >= 0; i--) forward(p, s->outs[i], s, d, length, &h, &v, now);
}

static int knows(const peer *e, uint32_t ssrc) {
  for (int i = 0; i < e->n_ssrcs; i++)
    if (e->ssrcs[i] == ssrc) return 1;
  return 0;
}

static int may_meet(const peer *e, uint32_t ssrc) { return e->n_ssrcs < SSRCS || knows(e, ssrc); }

static void meet(peer *e, uint32_t ssrc) {
  if (!knows(e, ssrc)) e->ssrcs[e->n_ssrcs++] = ssrc;
}

static int is_welcome(plane *p, peer *e, const place *at, const uint8_t *d, int64_t now) { /* neither RTP nor RTCP */
  if (e) return spend(&e->foreign, 500, 500, 1, now);
  place host = *at;
  host.port = 0;
  return d[0] <= 3 && spend(&p->strangers[hash(&host) & 255], 100, 200, 1, now);
}

static void datagram(plane *p, uint8_t *d, int length, const struct sockaddr *from, int64_t now) {
  place at = place_of(from);
  entry *known = *find(p, &at);
  peer *e = known ? known->owner : NULL;
  if (length < 1) return;
  if (d[0] < 128 || d[0] > 191) {
    if (is_welcome(p, e, &at, d, now)) memcpy(tell_bytes(p, FOREIGN, e ? e->id : -1, d, length)->address, from, 28);
    return;
  }
  if (!e || !e->receive || length < 12) return;
  if (!spend(&e->media, 3000, 1500, 1, now)) {
    e->flooded++;
    return;
  }
  if (d[1] >= 192 && d[1] <= 223) {
    uint32_t teller = get32(d + 4);
    if (!spend(&e->reports, 40000, 80000, length, now) || !may_meet(e, teller)) e->flooded++;
    else if (p->unprotect_rtcp(e->receive, d, &length)) e->forged++;
    else {
      e->heard = now;
      meet(e, teller);
      tell_bytes(p, RTCP, e->id, d, length);
    }
    return;
  }
  incoming *s = NULL;
  uint32_t ssrc = get32(d + 8);
  for (int i = 0; i < e->n_streams && !s; i++)
    if (e->streams[i]->ssrc == ssrc) s = e->streams[i];
  if (!s && (!spend(&e->unknown, 5, 300, 1, now) || !may_meet(e, ssrc))) e->flooded++;
  else if (p->unprotect(e->receive, d, &length)) e->forged++;
  else {
    e->heard = now;
    if (s) take(p, e, s, d, length, now);
    else {
      meet(e, ssrc);
      tell_bytes(p, STRANGER, e->id, d, length);
    }
  }
}

/* ---- for Python */

plane *plane_new(void *unprotect, void *protect, void *unprotect_rtcp, void *protect_rtcp) {
  plane *p = calloc(1, sizeof *p);
  if (!p) return NULL;
  p->unprotect = (srtp_call)unprotect;
  p->protect = (srtp_call)protect;
  p->unprotect_rtcp = (srtp_call)unprotect_rtcp;
  p->protect_rtcp = (srtp_call)protect_rtcp;
  for (int i = 0; i < BATCH; i++) {
    p->in_at[i].iov_base = p->in_bytes[i];
    p->in_at[i].iov_len = ROOM - 160;
    p->in[i].msg_hdr.msg_iov = &p->in_at[i];
    p->in[i].msg_hdr.msg_iovlen = 1;
    p->in[i].msg_hdr.msg_name = &p->from[i];
  }
  return p;
}

void plane_free(plane *p) {
  for (int i = 0; i < TABLE; i++)
    while (p->table[i]) {
      entry *e = p->table[i];
      p->table[i] = e->next;
      free(e);
    }
  free(p);
}

event *plane_events(plane *p) { return p->events; }

static int batch(plane *p, int fd, int flags, int64_t *now) {
  for (int i = 0; i < BATCH; i++) p->in[i].msg_hdr.msg_namelen = sizeof p->from[i];
  int n = recvmmsg(fd, p->in, BATCH, flags, NULL);
  *now = clock_us();
  for (int i = 0; i < n; i++)
    if (!(p->in[i].msg_hdr.msg_flags & MSG_TRUNC))
      datagram(p, p->in_bytes[i], (int)p->in[i].msg_len, (const struct sockaddr *)&p->from[i], *now);
  plane_flush(p);
  if (n > 0) p->taken += n;
  return n;
}

/* Under load the next datagram is waited for here, for a while: going back to the event loop for each would cost about as much
   as forwarding it. Whatever is for Python ends that at once. How long one wait may be is the socket's (port.py). */
int plane_pump(plane *p, int fd, int *count) {
  int64_t now;
  p->n_events = 0;
  int n = batch(p, fd, MSG_DONTWAIT, &now);
  for (int64_t until = now + TURN; p->busy && n > 0 && !p->n_events && now < until;) n = batch(p, fd, MSG_WAITFORONE, &now);
  if (now - p->since >= SPELL) {
    p->busy = p->since && p->taken * 1000000 / (now - p->since) >= BUSY;
    p->since = now;
    p->taken = 0;
  }
  *count = p->n_events;
  return p->busy ? 0 : n;
}

int plane_send(plane *p, int fd, const uint8_t *data, int length, const uint8_t *address, int address_length) {
  (void)p;
  return (int)sendto(fd, data, (size_t)length, MSG_DONTWAIT, (const struct sockaddr *)address, (socklen_t)address_length);
}

peer *peer_new(plane *p, int id) {
  (void)p;
  peer *e = calloc(1, sizeof *e);
  if (e) {
    e->id = id;
    e->cc_highest = -1;
  }
  return e;
}

void peer_free(plane *p, peer *e) {
  for (int i = 0; i < TABLE; i++)
    for (entry **at = &p->table[i]; *at;) {
      entry *one = *at;
      if (one->owner == e) {
        *at = one->next;
        free(one);
      } else at = &one->next;
    }
  free(e);
}

void peer_secure(peer *e, void *receive, void *send) {
  e->receive = receive;
  e->send = send;
}

int peer_hear(plane *p, peer *e, const uint8_t *address) {
  place at = place_of((const struct sockaddr *)address);
  entry **known = find(p, &at);
  if (!*known) {
    *known = calloc(1, sizeof **known);
    if (!*known) return 0;
    (*known)->at = at;
  }
  peer *former = (*known)->owner;
  int64_t now = clock_us();
  if (former && former != e && now - former->heard < HELD) return 0;
  (*known)->owner = e;
  e->heard = now;
  return 1;
}

void peer_forget(plane *p, peer *e, const uint8_t *address) {
  place at = place_of((const struct sockaddr *)address);
  entry **known = find(p, &at), *one = *known;
  if (one && one->owner == e) {
    *known = one->next;
    free(one);
  }
}

void peer_aim(peer *e, int fd, const uint8_t *address, int address_length) {
  e->fd = fd;
  memset(&e->to, 0, sizeof e->to);
  if (address_length) memcpy(&e->to, address, (size_t)address_length);
  e->to_length = (socklen_t)address_length;
}

int peer_send(plane *p, peer *e, const uint8_t *data, int length) {
  if (!e->to_length || length > ROOM) return 0;
  memcpy(slot(p, e->fd), data, (size_t)length);
  queue(p, &e->to, e->to_length, length);
  plane_flush(p);
  return 1;
}

int peer_send_rtcp(plane *p, peer *e, const uint8_t *data, int length) {
  if (!e->to_length || !e->send || length + 160 > ROOM) return 0;
  uint8_t *b = slot(p, e->fd);
  memcpy(b, data, (size_t)length);
  if (p->protect_rtcp(e->send, b, &length)) return 0;
  queue(p, &e->to, e->to_length, length);
  return 1;
}

int peer_cc(peer *e, uint32_t ssrc, uint32_t media, uint8_t *report) { /* feedback.py, TransportCc, says what this is */
  if (e->cc_highest < 0 || e->cc_lowest > e->cc_highest) return 0;
  int64_t begin = e->cc_next < e->cc_lowest ? e->cc_next : e->cc_lowest, end = e->cc_highest + 1, least = INT64_MAX;
  if (end - begin > CC_SPAN) begin = end - CC_SPAN;
  for (int64_t i = begin; i < end; i++)
    if (e->cc_time[i % CC] && e->cc_time[i % CC] < least) least = e->cc_time[i % CC];
  if (least == INT64_MAX) return 0;
  int64_t reference = least / 64000, at = reference * 256;
  int symbols = (int)(end - begin), chunks = (symbols + 6) / 7;
  uint8_t *chunk = report + 20, *delta = chunk + 2 * chunks;
  for (int i = 0; i < chunks; i++) {
    uint32_t bits = 3;
    for (int j = 0; j < 7; j++) {
      int64_t number = begin + 7 * i + j, t = number < end ? e->cc_time[number % CC] : 0;
      int symbol = 0;
      if (t) {
        int64_t d = (t + 125) / 250 - at;
        if (d > 32767) d = 32767;
        if (d < -32768) d = -32768;
        at += d;
        symbol = d >= 0 && d <= 255 ? 1 : 2;
        if (symbol == 1) *delta++ = (uint8_t)d;
        else {
          put16(delta, (uint32_t)d);
          delta += 2;
        }
      }
      bits = bits << 2 | (uint32_t)symbol;
    }
    put16(chunk + 2 * i, bits);
  }
  while ((delta - report) % 4) *delta++ = 0;
  report[0] = 0x80 | 15;
  report[1] = 205;
  put16(report + 2, (uint32_t)((delta - report) / 4 - 1));
  put32(report + 4, ssrc);
  put32(report + 8, media);
  put16(report + 12, (uint32_t)begin);
  put16(report + 14, (uint32_t)symbols);
  put32(report + 16, (uint32_t)(reference << 8 | (e->cc_count++ & 0xff)));
  e->cc_next = end;
  e->cc_lowest = INT64_MAX;
  return (int)(delta - report);
}

int peer_admit(plane *p, peer *e, const uint8_t *packet, int length) {
  uint8_t copy[ROOM];
  if (length < 12 || length > ROOM) return 0;
  memcpy(copy, packet, (size_t)length);
  p->n_events = 0;
  for (int i = 0; i < e->n_streams; i++)
    if (e->streams[i]->ssrc == get32(copy + 8)) {
      take(p, e, e->streams[i], copy, length, clock_us());
      break;
    }
  return p->n_events;
}

incoming *incoming_new(peer *e, int id, uint32_t ssrc, int video, int payload_type, int clock, int cc_id, incoming *primary) {
  if (e->n_streams == STREAMS) return NULL;
  incoming *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->id = id;
  s->ssrc = ssrc;
  s->video = video;
  s->payload_type = payload_type;
  s->clock = clock;
  s->cc_id = cc_id;
  s->primary = primary;
  s->heard = clock_us();
  e->streams[e->n_streams++] = s;
  return s;
}

void incoming_free(peer *e, incoming *s) {
  for (int i = 0; i < s->n_outs; i++) {
    outgoing *o = s->outs[i];
    if (o->current == s) o->current = NULL;
    if (o->target == s) o->target = NULL;
  }
  for (int i = 0; i < e->n_streams; i++) {
    if (e->streams[i] == s) e->streams[i--] = e->streams[--e->n_streams];
    else if (e->streams[i]->primary == s) e->streams[i]->primary = NULL;
  }
  free(s->index);
  if (s->bytes) munmap(s->bytes, KEPT_BYTES);
  free(s);
}

outgoing *outgoing_new(peer *e, int id, uint32_t ssrc, int payload_type, uint32_t rtx_ssrc, int rtx_payload_type, int abs_id,
                       int sequence, int rtx_sequence) {
  outgoing *o = calloc(1, sizeof *o);
  if (!o) return NULL;
  o->id = id;
  o->to = e;
  o->ssrc = ssrc;
  o->payload_type = payload_type;
  o->rtx_ssrc = rtx_ssrc;
  o->rtx_payload_type = rtx_payload_type;
  o->abs_id = abs_id;
  o->base = sequence;
  o->rtx_sequence = (uint16_t)rtx_sequence;
  o->highest = -1;
  o->last_picture = o->last_level = -1;
  return o;
}

static void leave(incoming *s, outgoing *o) {
  for (int i = 0; s && i < s->n_outs; i++)
    if (s->outs[i] == o) s->outs[i--] = s->outs[--s->n_outs];
}

void outgoing_free(outgoing *o) {
  leave(o->current, o);
  leave(o->target, o);
  free(o);
}

int outgoing_select(outgoing *o, incoming *s, const uint8_t *map, int hinted, uint32_t hint) {
  if (o->target && o->target != o->current) leave(o->target, o);
  o->target = NULL;
  if (!s) {
    leave(o->current, o);
    o->current = NULL;
    return 1;
  }
  if (s != o->current && s->n_outs == OUTS) return 0;
  o->target = s;
  memcpy(o->next_map, map, sizeof o->next_map);
  o->hinted = hinted;
  o->hint = hint;
  if (s == o->current) {
    memcpy(o->map, map, sizeof o->map);
    return 1;
  }
  s->outs[s->n_outs++] = o;
  return 1;
}

int outgoing_resend(plane *p, outgoing *o, int sequence) {
  incoming *s = o->current;
  int64_t now = clock_us();
  if (!s || !s->index || !spend(&o->again, 500, 300, 1, now)) return 0;
  int64_t position = o->highest + after(sequence, o->base + o->highest);
  if (position < 0 || position > o->highest) return 0;
  int number = (uint16_t)(o->first + position);
  kept *k = &s->index[number % KEPT];
  if (!k->length || k->sequence != number || s->written - k->at > KEPT_BYTES) return 0;
  const uint8_t *d = s->bytes + k->at % KEPT_BYTES;
  header h;
  if (!parse(d, k->length, &h)) return 0;
  emit(p, o, position, d, k->length, &h, now, 1);
  return 1;
}
