/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSdp: the layer between what is on the wire and what webrtcbin is
 * told. Functions over text plus a small state; no element, no thread, no
 * lock: the peer's worker owns it.
 *
 * "wire" is what peers exchange, "inner" is what webrtcbin says and hears.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_CALL_KIND_AUDIO,
  GST_CALL_KIND_VIDEO,
  GST_CALL_KIND_DATA,
} GstCallKind;

typedef enum
{
  GST_CALL_SDP_OFFER,
  GST_CALL_SDP_ANSWER,
} GstCallSdpType;

/* Bit field */
typedef enum
{
  GST_CALL_INACTIVE = 0,
  GST_CALL_SEND = 1,                /* we send */
  GST_CALL_RECV = 2,                /* we receive */
  GST_CALL_SENDRECV = 3,
} GstCallDirection;

typedef enum
{
  GST_CALL_SDP_ERROR_TOO_LARGE,     /* "bad-sdp" */
  GST_CALL_SDP_ERROR_INVALID,       /* "bad-sdp" */
  GST_CALL_SDP_ERROR_NO_CODEC,      /* "no-common-codec" */
  GST_CALL_SDP_ERROR_STATE,         /* "bad-sdp": an answer without an offer … */
  GST_CALL_SDP_ERROR_FINGERPRINT,   /* "fingerprint-mismatch": changed mid-call */
} GstCallSdpError;

#define GST_CALL_SDP_ERROR (gst_call_sdp_error_quark ())
GQuark gst_call_sdp_error_quark (void);

#define GST_CALL_SDP_MAX_SIZE (48 * 1024)
#define GST_CALL_SDP_MAX_MEDIA 32
/* Bytes of a data channel's message: what Chromium takes (RFC 8841 knows no limit) */
#define GST_CALL_SDP_MAX_MESSAGE_SIZE (256 * 1024)
#define GST_CALL_SDP_MAX_CANDIDATES 256 /* of one session, trickled or inside */

/* One m-line inside, after offer and/or answer. Owned by the GstCallSdp, valid
 * until the next call of receive or send. */
typedef struct
{
  GstCallKind kind;
  guint index;                      /* webrtcbin's, not the wire's */
  gchar *mid;                       /* on the wire */
  gboolean rejected;                /* no m-line of the wire has it now */
  GstCallDirection direction;       /* in force (or, before the answer, offered),
                                     * from our side */
  /* audio, video: what is agreed, or on an offer just received, what we chose */
  const gchar *encoding_name;       /* "VP8", "H264", "OPUS", static; NULL: none */
  guint payload;
  gint rtx_payload;                 /* -1: none */
  guint clock_rate;
  GstCaps *caps;                    /* for codec-preferences of the transceiver,
                                     * with payload, fmtp, rtcp-fb, extmap */
  GstCaps *inner_caps;              /* the same of what was agreed first:
                                     * webrtcbin knows of no other */
} GstCallSdpMedia;

typedef struct _GstCallSdp GstCallSdp;

/* Codec preference lists, such as {"VP8", "H264", NULL}; what stands in them
 * must be encodable and decodable here. */
GstCallSdp *gst_call_sdp_new (const gchar * const *audio_codecs,
    const gchar * const *video_codecs);
void gst_call_sdp_free (GstCallSdp * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallSdp, gst_call_sdp_free)

/* What we want from the next offer or answer on. Default: sendrecv. */
void gst_call_sdp_set_wish (GstCallSdp * self, GstCallKind kind,
    GstCallDirection direction);

/* codec-preferences for the transceiver of our own first offer: all codecs
 * of that kind, payload types from a fixed table, RTX, feedback, extmaps */
GstCaps *gst_call_sdp_offer_caps (GstCallSdp * self, GstCallKind kind);

/* A description came from the peer. Checks it, takes it into the state and
 * gives what set-remote-description is to be told. On error the state is as
 * before and webrtcbin must not be told. */
gchar *gst_call_sdp_receive (GstCallSdp * self, GstCallSdpType type,
    const gchar * wire, GError ** error);

/* webrtcbin made a description. *inner: for set-local-description,
 * *wire: for the peer. Both (transfer full). */
gboolean gst_call_sdp_send (GstCallSdp * self, GstCallSdpType type,
    const gchar * made, gchar ** inner, gchar ** wire, GError ** error);

guint gst_call_sdp_get_n_media (GstCallSdp * self);
const GstCallSdpMedia *gst_call_sdp_get_media (GstCallSdp * self, guint index);
/* First m-line of that kind that is not rejected, or NULL */
const GstCallSdpMedia *gst_call_sdp_find_media (GstCallSdp * self,
    GstCallKind kind);

/* The peer's ICE user fragment, or NULL: another one is an ICE restart */
const gchar *gst_call_sdp_get_remote_ufrag (GstCallSdp * self);

/* Does this PEM certificate match the fingerprint that the peer signalled?
 * FALSE as well when none was signalled or the hash is weaker than SHA-256. */
gboolean gst_call_sdp_verify_certificate (GstCallSdp * self, const gchar * pem,
    GError ** error);

/* A trickled candidate from the peer: well-formed, bounded, not too many, and
 * not one that it has sent since its last ICE restart; gives the m-line for add-ice-candidate (from mid or index). An empty
 * candidate is end-of-candidates and passes. */
gboolean gst_call_sdp_check_candidate (GstCallSdp * self,
    const gchar * candidate, const gchar * mid, gint mline_index,
    guint * mline, GError ** error);
/* The wire mid of an m-line, for our own candidates; NULL: unknown */
const gchar *gst_call_sdp_get_mid (GstCallSdp * self, guint mline);

G_END_DECLS
