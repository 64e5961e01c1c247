/* The loop of the load: datagrams in and out of every wire, media here, everything else handed to Python. */
#define _GNU_SOURCE
#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define TICK (250000ull) /* fine enough that participants do not send in step */
#define SWEEP (5 * MS)   /* gaps, stuck pictures, reports */

static uint64_t read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
}

uint64_t now_ns(void) { return read_clock(CLOCK_MONOTONIC); }
uint64_t real_ns(void) { return read_clock(CLOCK_REALTIME); }

/* Bins of 1/64 of an octave, from 1 µs on: 1.1 % wide. */
void count_in(histogram *h, uint64_t ns) {
  uint64_t us64 = ns * 64 / 1000;
  unsigned bin = 0;
  if (us64 >= 64) {
    unsigned octave = 63 - (unsigned)__builtin_clzll(us64) - 6;
    bin = octave * 64 + (unsigned)(us64 >> octave) - 64;
  }
  h->bins[bin < BINS ? bin : BINS - 1]++;
  h->count++;
}

uint64_t quantile(const histogram *h, double share) {
  uint64_t seen = 0, wanted = (uint64_t)((double)h->count * share);
  for (unsigned bin = 0; bin < BINS; bin++) {
    seen += h->bins[bin];
    if (seen > wanted) return ((64ull + bin % 64) << (bin / 64)) * 1000 / 64;
  }
  return 0;
}

static uint32_t hash(const uint8_t *payload, uint32_t length) {
  uint64_t head = 0, tail = 0;
  uint32_t part = length < 8 ? length : 8;
  memcpy(&head, payload, part);
  memcpy(&tail, payload + length - part, part);
  uint64_t mixed = (head ^ (tail * 0x9e3779b97f4a7c15ull) ^ length) * 0xff51afd7ed558ccdull;
  return (uint32_t)(mixed >> 32);
}

/* False when two payloads cannot be told apart. */
bool library_make(library *lib, const material *m) {
  uint32_t payloads = m->frames[m->frame_count], size = 1;
  while (size < 4 * payloads) size *= 2;
  *lib = (library){*m, calloc(payloads, sizeof(uint32_t)), calloc(size, sizeof(place)), size - 1};
  for (uint32_t f = 0; f < m->frame_count; f++) {
    if (m->frames[f + 1] - m->frames[f] > PER_FRAME) return false;
    for (uint32_t p = m->frames[f]; p < m->frames[f + 1]; p++) {
      uint32_t key = hash(m->bytes + m->offsets[p], m->offsets[p + 1] - m->offsets[p]), at = key;
      lib->frame_of[p] = f;
      for (; lib->index[at & lib->mask].payload; at++)
        if (lib->index[at & lib->mask].key == key) return false;
      lib->index[at & lib->mask] = (place){key, p + 1};
    }
  }
  return true;
}

void library_free(library *lib) {
  free(lib->frame_of);
  free(lib->index);
}

int library_find(const library *lib, const uint8_t *payload, uint32_t length) {
  uint32_t key = hash(payload, length);
  for (uint32_t at = key; lib->index[at & lib->mask].payload; at++)
    if (lib->index[at & lib->mask].key == key) return (int)lib->index[at & lib->mask].payload - 1;
  return -1;
}

void wire_send(engine *e, wire *w, uint8_t *packets[], int lengths[], int count) {
  struct mmsghdr messages[BATCH] = {0};
  struct iovec parts[BATCH];
  int ready = 0;
  for (int i = 0; i < count && ready < BATCH; i++) {
    if (e->srtp.protect(w->tx, packets[i], &lengths[i])) {
      e->figures.refused++;
      continue;
    }
    parts[ready] = (struct iovec){packets[i], (size_t)lengths[i]};
    messages[ready].msg_hdr = (struct msghdr){.msg_iov = &parts[ready], .msg_iovlen = 1};
    ready++;
  }
  int sent = sendmmsg(w->fd, messages, (unsigned)ready, MSG_DONTWAIT);
  e->figures.sent += sent > 0 ? (uint64_t)sent : 0;
}

void wire_send_rtcp(engine *e, wire *w, uint8_t *packet, int length) {
  if (!w->tx || e->srtp.protect_rtcp(w->tx, packet, &length)) return;
  if (send(w->fd, packet, (size_t)length, MSG_DONTWAIT) > 0) e->figures.sent++;
}

static void post(engine *e, int number, const uint8_t *data, int length) {
  letter *l = &e->letters[e->letter_head % 512];
  if (e->letter_head - e->letter_tail == 512 || length > (int)sizeof l->data) return; /* lost, as datagrams are */
  l->wire = number, l->length = length;
  memcpy(l->data, data, (size_t)length);
  e->letter_head++;
  uint64_t one = 1;
  if (write(e->wake, &one, sizeof one) < 0) return;
}

static void media(engine *e, wire *w, uint8_t *data, int length, uint64_t real) {
  if (!w->rx) return;
  e->figures.received++;
  if (data[1] >= 192 && data[1] <= 223) {
    if (e->srtp.unprotect_rtcp(w->rx, data, &length))
      e->figures.refused++;
    else
      rtcp_take(e, w, data, length);
    return;
  }
  if (e->srtp.unprotect(w->rx, data, &length)) {
    e->figures.refused++;
    return;
  }
  uint32_t ssrc = get32(data + 8);
  for (int i = 0; i < w->route_count; i++)
    if (w->routes[i].ssrc == ssrc) {
      sink_rtp(e, w, w->routes[i].sink, data, length, w->routes[i].again, real);
      return;
    }
}

static uint64_t arrival(struct msghdr *header) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec t;
      memcpy(&t, CMSG_DATA(c), sizeof t);
      return (uint64_t)t.tv_sec * SECOND + (uint64_t)t.tv_nsec;
    }
  return real_ns();
}

static void receive(engine *e, int number) {
  wire *w = e->wires[number];
  int got;
  do {
    struct mmsghdr messages[BATCH] = {0};
    struct iovec parts[BATCH];
    for (int i = 0; i < BATCH; i++) {
      parts[i] = (struct iovec){e->buffers[i], sizeof e->buffers[i]};
      messages[i].msg_hdr = (struct msghdr){
          .msg_iov = &parts[i],
          .msg_iovlen = 1,
          .msg_control = e->controls[i],
          .msg_controllen = sizeof e->controls[i]};
    }
    got = recvmmsg(w->fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < got; i++) {
      int length = (int)messages[i].msg_len;
      if (length >= 12 && e->buffers[i][0] >> 6 == 2)
        media(e, w, e->buffers[i], length, arrival(&messages[i].msg_hdr));
      else
        post(e, number, e->buffers[i], length);
    }
  } while (got == BATCH);
}

static void tick(engine *e) {
  struct epoll_event ready[256];
  int count = epoll_wait(e->poll, ready, 256, 0);
  for (int i = 0; i < count; i++)
    if (e->wires[ready[i].data.u32]->open) receive(e, (int)ready[i].data.u32);
  uint64_t now = now_ns();
  e->figures.ticks++;
  if (e->ticked && now - e->ticked > 2 * MS) e->figures.late++;
  e->ticked = now;
  for (int i = 0; i < e->track_count; i++)
    if (e->tracks[i] && e->tracks[i]->on) track_tick(e, e->tracks[i], now);
  if (now - e->swept < SWEEP) return;
  e->swept = now;
  for (int i = 0; i < e->wire_count; i++) {
    wire *w = e->wires[i];
    if (!w->open || !w->tx) continue;
    for (int s = 0; s < w->sink_count; s++) sink_tick(e, w, w->sinks[s], now);
    if (now >= w->report_due) rtcp_report(e, w, now);
  }
}

engine *engine_new(const srtp_calls *calls, const material *sound, const material *picture, int wake) {
  engine *e = calloc(1, sizeof *e);
  e->srtp = *calls, e->wake = wake, e->poll = epoll_create1(EPOLL_CLOEXEC);
  pthread_mutex_init(&e->lock, NULL);
  if (library_make(&e->libs[SOUND], sound) && library_make(&e->libs[PICTURE], picture)) return e;
  engine_free(e);
  return NULL;
}

void engine_run(engine *e) {
  struct timespec pause = {0, TICK};
  while (!e->stop) {
    pthread_mutex_lock(&e->lock);
    tick(e);
    pthread_mutex_unlock(&e->lock);
    nanosleep(&pause, NULL);
  }
}

void engine_stop(engine *e) { e->stop = true; }

void engine_free(engine *e) {
  for (int i = 0; i < e->wire_count; i++) {
    wire_close(e, i);
    free(e->wires[i]);
  }
  library_free(&e->libs[SOUND]);
  library_free(&e->libs[PICTURE]);
  close(e->poll);
  free(e);
}

void engine_mark(engine *e) {
  pthread_mutex_lock(&e->lock);
  for (int i = 0; i < e->track_count; i++)
    if (e->tracks[i]) {
      e->tracks[i]->figures = (track_figures){0};
      e->tracks[i]->marked = e->tracks[i]->number + (e->tracks[i]->left > 0);
      e->tracks[i]->ended = UINT64_MAX;
    }
  for (int i = 0; i < e->sink_count; i++)
    if (e->sinks[i]) sink_count_anew(e->sinks[i]);
  memset(&e->latency, 0, sizeof e->latency);
  memset(&e->figures, 0, sizeof e->figures);
  e->measuring = true;
  pthread_mutex_unlock(&e->lock);
}

void engine_end(engine *e) {
  pthread_mutex_lock(&e->lock);
  for (int i = 0; i < e->track_count; i++)
    if (e->tracks[i]) e->tracks[i]->ended = e->tracks[i]->number + (e->tracks[i]->left > 0);
  pthread_mutex_unlock(&e->lock);
}

void engine_read(engine *e, engine_figures *figures) {
  pthread_mutex_lock(&e->lock);
  *figures = e->figures;
  pthread_mutex_unlock(&e->lock);
}

uint64_t engine_latency(engine *e, double share) {
  pthread_mutex_lock(&e->lock);
  uint64_t found = quantile(&e->latency, share);
  pthread_mutex_unlock(&e->lock);
  return found;
}

int engine_next(engine *e, int *number, uint8_t *data, int size) {
  int length = 0;
  pthread_mutex_lock(&e->lock);
  if (e->letter_tail != e->letter_head) {
    letter *l = &e->letters[e->letter_tail++ % 512];
    length = l->length < size ? l->length : size;
    *number = l->wire;
    memcpy(data, l->data, (size_t)length);
  }
  pthread_mutex_unlock(&e->lock);
  return length;
}

int wire_new(engine *e, int fd) {
  if (e->wire_count == MANY) return -1;
  wire *w = calloc(1, sizeof *w);
  w->fd = fd, w->open = true;
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  pthread_mutex_lock(&e->lock);
  int number = e->wire_count++;
  e->wires[number] = w;
  struct epoll_event interest = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
  epoll_ctl(e->poll, EPOLL_CTL_ADD, fd, &interest);
  pthread_mutex_unlock(&e->lock);
  return number;
}

void wire_keys(engine *e, int number, void *tx, void *rx) {
  pthread_mutex_lock(&e->lock);
  e->wires[number]->tx = tx, e->wires[number]->rx = rx;
  pthread_mutex_unlock(&e->lock);
}

void wire_close(engine *e, int number) {
  wire *w = e->wires[number];
  pthread_mutex_lock(&e->lock);
  if (w->open) {
    w->open = false, w->tx = w->rx = NULL;
    epoll_ctl(e->poll, EPOLL_CTL_DEL, w->fd, NULL);
    w->route_count = w->sink_count = w->track_count = 0;
    /* A sink of somebody else may still look at a track: it is only silenced, and freed with the sinks' wires. */
    for (int i = 0; i < e->track_count; i++)
      if (e->tracks[i] && e->tracks[i]->set.wire == number) e->tracks[i]->on = false;
    for (int i = 0; i < e->sink_count; i++)
      if (e->sinks[i] && e->sinks[i]->set.wire == number) {
        sink_free(e->sinks[i]);
        e->sinks[i] = NULL;
      }
    for (int i = 0; i < e->track_count; i++) {
      bool seen = !e->tracks[i] || e->wires[e->tracks[i]->set.wire]->open;
      for (int s = 0; s < e->sink_count && !seen; s++) seen = e->sinks[s] && e->sinks[s]->track == e->tracks[i];
      if (seen) continue;
      track_free(e->tracks[i]);
      e->tracks[i] = NULL;
    }
  }
  pthread_mutex_unlock(&e->lock);
}
