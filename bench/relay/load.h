/* What Python says to the load and hears from it. cffi reads this file too, so it holds declarations only. */

typedef struct engine engine;

/* libsrtp's entry points, from pylibsrtp: nothing is linked. All of them: session, packet, length in and out. */
typedef struct {
  int (*protect)(void *, void *, int *);
  int (*unprotect)(void *, void *, int *);
  int (*protect_rtcp)(void *, void *, int *);
  int (*unprotect_rtcp)(void *, void *, int *);
} srtp_calls;

/* One loop of encoded frames, cut into payloads. Frame 0 is the only keyframe of a picture. */
typedef struct {
  const uint8_t *bytes;
  const uint32_t *offsets; /* of each payload, and the end of the last */
  const uint32_t *frames;  /* first payload of each frame, and the number of payloads */
  uint32_t frame_count;
  uint32_t clock_step; /* RTP timestamp between frames */
  uint64_t period_ns;  /* time between frames */
} material;

enum kind { SOUND, PICTURE };

/* What is sent in one RTP stream. An extension's id is 0 and a payload type is 0 where it was not negotiated. */
typedef struct {
  int wire;
  int kind;
  uint32_t ssrc, rtx_ssrc;
  uint8_t type, rtx_type;
  uint8_t mid_id, level_id, cc_id;
  char mid[9];
  uint64_t phase_ns; /* of its frames, so that not everybody sends at once */
} track_setup;

/* What is expected in one RTP stream: the copy of a track that a relay makes. */
typedef struct {
  int wire;
  int track;
  uint32_t ssrc, rtx_ssrc;
  uint32_t own_ssrc; /* sender of the feedback */
  int tape;          /* keep what arrives from the first keyframe on, as far as there is room */
  int foreign;       /* the relay encodes anew: frames are only counted */
} sink_setup;

/* Since engine_mark, but for the last two. */
typedef struct {
  uint64_t frames, packets, octets, answered, keyframes;
  uint32_t asked; /* keyframes asked for since the track was made */
  uint32_t running;
} track_figures;

/* Of frames sent between engine_mark and engine_end. */
typedef struct {
  uint64_t due;      /* frames sent to the relay */
  uint64_t complete; /* arrived with every payload identical */
  uint64_t shown;    /* complete, and so was every frame before it since a keyframe */
  uint64_t packets, octets, again, twice;
  uint64_t altered; /* payload differs, or is nobody's */
  uint64_t bent;    /* sequence number, timestamp, marker or picture id not the sender's plus a constant */
  uint64_t nacked, keyframes_asked;
  uint64_t freezes, frozen_ns; /* as WebRTC's statistics count them */
  uint64_t latency_p50_ns, latency_p99_ns;
} sink_figures;

typedef struct {
  uint64_t ticks, late; /* wake-ups, and those more than 2 ms after the one before */
  uint64_t sent, received, refused; /* datagrams; refused: by libsrtp */
} engine_figures;

/* wake: an eventfd, written when something other than media came in. */
engine *engine_new(const srtp_calls *calls, const material *sound, const material *picture, int wake);
void engine_run(engine *);  /* until engine_stop, in a thread of its own */
void engine_stop(engine *);
void engine_free(engine *);
void engine_mark(engine *); /* count from here */
void engine_end(engine *);  /* frames sent from here on do not count */
void engine_read(engine *, engine_figures *);
uint64_t engine_latency(engine *, double share); /* ns; of all packets of all sinks since engine_mark */
int engine_next(engine *, int *wire, uint8_t *data, int size); /* a datagram that is not media; 0 when there is none */

int wire_new(engine *, int fd); /* the number of the wire; -1 when there are too many */
void wire_keys(engine *, int wire, void *tx, void *rx);
void wire_close(engine *, int wire); /* with its tracks and sinks; the descriptor stays the caller's */

int track_new(engine *, const track_setup *);
void track_run(engine *, int track, int on);
void track_read(engine *, int track, track_figures *);

int sink_new(engine *, const sink_setup *);
void sink_read(engine *, int sink, sink_figures *);
/* The tape, whole pictures only: records of u32 frame, u16 payload, u16 length, payload. Returns its size. */
uint32_t sink_tape(engine *, int sink, uint8_t *data, uint32_t size);
