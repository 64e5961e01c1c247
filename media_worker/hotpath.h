/* What Python sees of hotpath.c; read by the C compiler and by cffi (hotpath_build.py). The behaviour is that of plane.py. */

typedef struct {
  int64_t level, refilled;
} bucket; /* tokens in millionths, and when it was last filled, µs */

typedef struct incoming incoming;
typedef struct outgoing outgoing;
typedef struct peer peer;
typedef struct plane plane;

/* One stream that a peer sends: one SSRC. */
struct incoming {
  uint32_t ssrc;
  int id, video, payload_type, clock, cc_id;
  incoming *primary; /* of a retransmission stream: the stream that it mends */
  /* counters, RFC 3550 appendix A */
  int started;
  int64_t first, highest; /* sequence numbers, extended */
  int64_t packets, octets, recovered, frames, keyframes;
  int64_t transit, jitter; /* jitter in timestamp units × 16 */
  int width, height;       /* of the last keyframe */
  int64_t heard;           /* µs: the last packet */
  ...;
};

/* One stream that a peer is sent. */
struct outgoing {
  uint32_t ssrc, rtx_ssrc;
  int id, payload_type, rtx_payload_type, abs_id;
  incoming *current, *target;
  uint32_t time_shift;
  int64_t packets, octets, resent;
  ...;
};

struct peer {
  int id;
  int64_t heard; /* µs: the last datagram that its owner must have sent */
  int64_t forged, flooded;
  ...;
};

typedef struct {
  int kind;
  int peer;   /* its id, -1 for a stranger's datagram */
  int stream; /* the id of the incoming or outgoing one */
  int first, count;
  const uint8_t *data;
  int length;
  uint8_t address[28]; /* a struct sockaddr */
} event;

#define FOREIGN 0    /* neither RTP nor RTCP: data, address */
#define RTCP 1       /* a decrypted compound packet: data */
#define STRANGER 2   /* a decrypted RTP packet of an unknown SSRC: data */
#define GAP 3        /* of an incoming stream: first number missed, how many */
#define LATE 4       /* of an incoming stream: a number that had been missed */
#define SWITCHED 5   /* an outgoing stream has begun with its target */

#define FULL 64 /* datagrams in a full batch */

plane *plane_new(void *unprotect, void *protect, void *unprotect_rtcp, void *protect_rtcp);
void plane_free(plane *p);
event *plane_events(plane *p);
int plane_pump(plane *p, int fd, int *count);
int plane_send(plane *p, int fd, const uint8_t *data, int length, const uint8_t *address, int address_length);
void plane_flush(plane *p);

peer *peer_new(plane *p, int id);
void peer_free(plane *p, peer *e);
void peer_secure(peer *e, void *receive, void *send);
int peer_hear(plane *p, peer *e, const uint8_t *address);
void peer_forget(plane *p, peer *e, const uint8_t *address);
void peer_aim(peer *e, int fd, const uint8_t *address, int address_length);
int peer_send(plane *p, peer *e, const uint8_t *data, int length);
int peer_send_rtcp(plane *p, peer *e, const uint8_t *data, int length);
int peer_admit(plane *p, peer *e, const uint8_t *packet, int length);
int peer_cc(peer *e, uint32_t ssrc, uint32_t media, uint8_t *report);

incoming *incoming_new(peer *e, int id, uint32_t ssrc, int video, int payload_type, int clock, int cc_id, incoming *primary);
void incoming_free(peer *e, incoming *s);

outgoing *outgoing_new(peer *e, int id, uint32_t ssrc, int payload_type, uint32_t rtx_ssrc, int rtx_payload_type, int abs_id,
                       int sequence, int rtx_sequence);
void outgoing_free(outgoing *o);
int outgoing_select(outgoing *o, incoming *s, const uint8_t *map, int hinted, uint32_t hint);
int outgoing_resend(plane *p, outgoing *o, int sequence);
