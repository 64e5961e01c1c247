/* What the parts of the load share. Times are ns: CLOCK_MONOTONIC for pacing, CLOCK_REALTIME (`real`) for latency. */
#ifndef ENGINE_H
#define ENGINE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load.h"

#define MS 1000000ull
#define SECOND (1000 * MS)
#define PACKET 1500 /* room for the largest packet and its SRTP trailer */
#define TRAILER 64
#define MANY 8192 /* wires, tracks, sinks at most */
#define HISTORY 2048 /* packets that can be sent again; frames remembered by number */
#define WINDOW 512   /* frames in reassembly */
#define GAPS 256
#define PER_FRAME 256 /* payloads of a frame at most */
#define BINS 2048
#define BATCH 32     /* datagrams taken or sent in one call */
#define TAPE (12u << 20) /* a minute of picture */

typedef struct {
  uint32_t bins[BINS];
  uint64_t count;
} histogram;

typedef struct {
  uint32_t key, payload; /* payload + 1; 0: free */
} place;

typedef struct {
  material m;
  uint32_t *frame_of; /* payload -> frame */
  place *index;       /* by a payload's hash */
  uint32_t mask;
} library;

typedef struct {
  uint32_t payload, timestamp;
  uint16_t sequence, picture;
  bool marker, used;
} sent_packet;

typedef struct {
  track_setup set;
  const library *lib;
  bool on, key_wanted;
  uint64_t started, pace, key_sent;
  uint64_t number; /* of the frame being sent or, between frames, the next */
  uint32_t at, left; /* payload to send next, payloads left of this frame */
  uint32_t position; /* in the loop */
  uint32_t first_timestamp, timestamp;
  uint16_t sequence, rtx_sequence, picture;
  uint64_t marked, ended; /* frame numbers */
  uint64_t *when;         /* real time of sending, by payload */
  uint64_t *number_at;    /* of the frame, by position */
  uint16_t *sequence_of, *picture_at;
  uint32_t *timestamp_at;
  uint32_t position_of[HISTORY]; /* by frame number */
  sent_packet history[HISTORY];
  uint64_t sent, octets; /* for sender reports */
  track_figures figures;
  uint32_t asked;
} track;

typedef struct {
  uint64_t number;
  uint64_t bits[PER_FRAME / 64];
  uint32_t count;
  bool used, complete;
} assembly;

typedef struct {
  uint16_t sequence;
  uint8_t tries;
  uint64_t since, asked;
} gap;

typedef struct {
  sink_setup set;
  track *track;
  bool heard, learned;
  uint16_t sequence_offset, picture_offset;
  uint32_t timestamp_offset;
  uint32_t cycles;
  uint16_t first, highest;
  uint64_t received, reported_received, reported_expected;
  uint32_t report_ntp; /* middle 32 bits of the last sender report's */
  uint64_t report_at;
  gap gaps[GAPS];
  uint32_t gap_count;
  assembly window[WINDOW];
  bool showing;
  uint64_t next, shown_at, stuck_since, key_asked, average;
  sink_figures figures;
  histogram latency;
  uint8_t *tape;
  uint32_t taped;
  bool taping;
  uint16_t foreign_next;
  uint32_t foreign_frame, foreign_part;
  bool foreign_broken;
} sink;

typedef struct {
  uint32_t ssrc;
  sink *sink;
  bool again;
} route;

typedef struct {
  int fd;
  bool open;
  void *tx, *rx;
  uint16_t cc_sequence;
  uint64_t report_due;
  track *tracks[8];
  int track_count;
  route routes[64];
  int route_count;
  sink *sinks[32];
  int sink_count;
} wire;

typedef struct {
  int wire, length;
  uint8_t data[2048];
} letter;

struct engine {
  srtp_calls srtp;
  library libs[2];
  int wake, poll;
  volatile bool stop;
  pthread_mutex_t lock;
  wire *wires[MANY];
  track *tracks[MANY];
  sink *sinks[MANY];
  int wire_count, track_count, sink_count;
  letter letters[512];
  uint8_t buffers[BATCH][2048], controls[BATCH][64];
  unsigned letter_head, letter_tail;
  uint64_t ticked, swept;
  bool measuring;
  histogram latency;
  engine_figures figures;
};

uint64_t now_ns(void);
uint64_t real_ns(void);
void count_in(histogram *, uint64_t ns);
uint64_t quantile(const histogram *, double share);
bool library_make(library *, const material *);
void library_free(library *);
int library_find(const library *, const uint8_t *payload, uint32_t length); /* payload's number, -1: alien */

void wire_send(engine *, wire *, uint8_t *packets[], int lengths[], int count);
void wire_send_rtcp(engine *, wire *, uint8_t *packet, int length); /* room for the trailer behind it */

void track_tick(engine *, track *, uint64_t now);
void track_nacked(engine *, track *, uint16_t sequence);
void track_free(track *);

void sink_rtp(engine *, wire *, sink *, uint8_t *packet, int length, bool again, uint64_t real);
void sink_tick(engine *, wire *, sink *, uint64_t now);
void sink_count_anew(sink *);
void sink_free(sink *);

void rtcp_take(engine *, wire *, const uint8_t *packet, int length);
void rtcp_report(engine *, wire *, uint64_t now);
void rtcp_nack(engine *, wire *, const sink *, const uint16_t *sequences, int count);
void rtcp_pli(engine *, wire *, const sink *);

static inline uint16_t get16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static inline uint32_t get32(const uint8_t *p) { return (uint32_t)get16(p) << 16 | get16(p + 2); }
static inline void put16(uint8_t *p, uint32_t v) { p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v; }
static inline void put32(uint8_t *p, uint32_t v) { put16(p, v >> 16), put16(p + 2, v); }

#endif
