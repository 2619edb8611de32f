/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the SDP layer share. Not for anybody else.
 *
 *   gstcallsdp-parse.c   text → GstCallSdpDesc, bounded and checked (syntax)
 *   gstcallsdp-attributes.c  the same, one attribute each
 *   gstcallsdp-codec.c   which payload types we can use, and their caps
 *   gstcallsdp-write.c   lines → text, for the wire and for webrtcbin
 *   gstcallsdp-ice.c     candidates and certificates
 *   gstcallsdp-wire.c    which m-line of the wire has which inside
 *   gstcallsdp-line.c    what one description does to one m-line inside
 *   gstcallsdp-transport.c  BUNDLE, ICE credentials, fingerprints
 *   gstcallsdp.c         the session: states, roles, the public functions
 */
#pragma once

#include "gstcallsdp.h"

G_BEGIN_DECLS

/* --- what a description says ------------------------------------------- */

/* a=setup, RFC 8842 */
typedef enum
{
  GST_CALL_SETUP_NONE,
  GST_CALL_SETUP_ACTPASS,
  GST_CALL_SETUP_ACTIVE,
  GST_CALL_SETUP_PASSIVE,
} GstCallSdpSetup;

/* Bit field, a=rtcp-fb */
typedef enum
{
  GST_CALL_FB_NACK = 1,
  GST_CALL_FB_NACK_PLI = 2,
  GST_CALL_FB_CCM_FIR = 4,
  GST_CALL_FB_TRANSPORT_CC = 8,
} GstCallSdpFeedback;

#define GST_CALL_EXT_TWCC \
  "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
#define GST_CALL_EXT_MID "urn:ietf:params:rtp-hdrext:sdes:mid"

#define GST_CALL_SDP_MAX_LINE 2048      /* bytes of one line */
#define GST_CALL_SDP_MAX_MID 64
#define GST_CALL_SDP_MAX_SSRCS 64       /* of one m-line; more are not read */
#define GST_CALL_SDP_MAX_CANDIDATE 512  /* bytes */

/* One payload type. Strings point into the description's text. */
typedef struct
{
  guint pt;
  const gchar *name;                /* as written; NULL: no rtpmap */
  guint clock_rate;
  guint channels;
  const gchar *fmtp;
  guint feedback;                   /* GstCallSdpFeedback */
} GstCallSdpFormat;

typedef struct
{
  guint32 ssrc;
  const gchar *cname;
  const gchar *msid;                /* "stream track" */
} GstCallSdpSsrc;

typedef struct
{
  guint32 primary, rtx;
} GstCallSdpFid;

/* One m= section, or what stands before the first one */
typedef struct
{
  GstCallKind kind;
  const gchar *proto;
  const gchar *first_format;
  guint port;
  gboolean data_channel;            /* m=application … webrtc-datachannel */
  gboolean bundle_only, rtcp_mux, rtcp_rsize, ice_lite;
  gboolean in_bundle;
  const gchar *mid;
  const gchar *ufrag, *pwd;
  GstCallSdpSetup setup;
  gboolean has_direction;
  GstCallDirection direction;       /* from the side of who wrote it */
  GPtrArray *fingerprints;          /* "sha-256 AA:BB…", strong ones only */
  gboolean weak_fingerprint;        /* there was a weaker one */
  GArray *formats;                  /* GstCallSdpFormat */
  gint8 by_pt[128];                 /* index into formats, -1 */
  guint twcc_id, mid_id;            /* header extensions, 0: none */
  guint32 used_ids;                 /* bit n: header extension id n */
  GArray *ssrcs;                    /* GstCallSdpSsrc */
  GArray *fids;                     /* GstCallSdpFid */
  const gchar *msid;                /* "stream track" */
  GPtrArray *candidates;            /* what follows "a=candidate:" */
  guint sctp_port;
  guint64 max_message_size;
} GstCallSdpSection;

typedef struct
{
  gchar *text;                      /* all strings point into it */
  GstCallSdpSection *session;
  GPtrArray *sections;
  gchar **bundle;                   /* mids, or NULL */
  guint tag;                        /* the section whose transport counts */
} GstCallSdpDesc;

GstCallSdpDesc *gst_call_sdp_desc_parse (const gchar * text, GError ** error);
void gst_call_sdp_desc_free (GstCallSdpDesc * desc);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallSdpDesc, gst_call_sdp_desc_free)

/* Always FALSE, with the error set */
gboolean gst_call_sdp_invalid (GError ** error, const gchar * what);
gboolean gst_call_sdp_too_large (GError ** error, const gchar * what);
/* Cuts the next word off *rest, NULL at the end */
gchar *gst_call_sdp_next_word (gchar ** rest);
gboolean gst_call_sdp_parse_number (const gchar * text, guint64 max,
    guint64 * number);
/* One attribute; an unknown one is left out */
gboolean gst_call_sdp_section_take (GstCallSdpSection * section,
    const gchar * name, gchar * value, GError ** error);

GstCallSdpSection *gst_call_sdp_desc_get (const GstCallSdpDesc * desc,
    guint index);
/* Does the peer want this m-line to live? RFC 9143: port 0 without
 * a=bundle-only is a rejected or stopped one. */
gboolean gst_call_sdp_section_is_alive (const GstCallSdpSection * section);
GstCallSdpFormat *gst_call_sdp_section_find_format (const GstCallSdpSection *
    section, guint pt);
/* The value of one fmtp parameter, or FALSE */
gboolean gst_call_sdp_fmtp_get (const gchar * fmtp, const gchar * key,
    gchar * value, gsize size);

/* --- codecs ------------------------------------------------------------- */

typedef struct
{
  const gchar *name;                /* "VP8": caps' encoding-name */
  const gchar *rtpmap;              /* "VP8/90000" */
  GstCallKind kind;
  guint clock_rate;
  guint channels;                   /* as in rtpmap, 0: none */
  guint pt;                         /* in our own offers */
  gint rtx_pt;                      /* -1: never */
  const gchar *fmtp;                /* what we say of ourselves, or NULL */
  guint feedback;
} GstCallSdpCodec;

/* One codec as agreed, or as we would offer it */
typedef struct
{
  const GstCallSdpCodec *codec;     /* NULL: none */
  guint pt;
  gint rtx_pt;                      /* -1 */
  guint feedback;
  guint h264_level;                 /* level_idc of our fmtp, 0: our own */
} GstCallSdpChoice;

const GstCallSdpCodec *gst_call_sdp_codec_find (const gchar * name);
/* First format of an offer that fits our preferences; keep: what is in use
 * already and stays when still offered */
gboolean gst_call_sdp_choose_from_offer (const GstCallSdpSection * section,
    const gchar * const *preferences, const GstCallSdpChoice * keep,
    GstCallSdpChoice * choice);
/* All of them: what the peer can be offered in return. GstCallSdpChoice */
GArray *gst_call_sdp_choices_of_offer (const GstCallSdpSection * section,
    const gchar * const *preferences);
/* First format of an answer that we offered, of another codec than `but` */
gboolean gst_call_sdp_choose_from_answer (const GstCallSdpSection * section,
    const GstCallSdpCodec * but, const GArray * offered,
    GstCallSdpChoice * choice);
gchar *gst_call_sdp_choice_fmtp (const GstCallSdpChoice * choice);
/* line: m-line number for the marker, or -1; mid: inner mid, or NULL */
GstCaps *gst_call_sdp_choice_caps (const GstCallSdpChoice * choice, gint line,
    const gchar * mid, guint twcc_id, guint mid_id);

/* --- lines --------------------------------------------------------------- */

/* An m-line inside. It never goes away, and what webrtcbin knows of it (index,
 * kind, inner mid, inner direction) never changes. */
typedef struct
{
  GstCallSdpMedia media;            /* what the caller sees */
  gint wire;                        /* m-line on the wire, -1: none now */
  gchar *inner_mid;
  gboolean inner_dead;              /* data: port 0 inside as well */
  gboolean ground;                  /* see gstcallsdp-wire.c */
  gboolean negotiated;              /* inner_direction is pinned */
  GstCallDirection inner_direction; /* our side */
  GstCallDirection offered;         /* our side, by the last wire offer */
  GstCallDirection remote;          /* peer's side, by its last description */
  GstCallSdpChoice choice;          /* in use */
  GstCallSdpChoice inner;           /* the first one; no codec: none yet */
  GstCallSdpChoice beside;          /* that the peer may send as well, or none */
  GArray *offers;                   /* GstCallSdpChoice: what may be offered */
  GstCallSdpFid fid;                /* of what we send, 0: none yet */
  guint twcc_id, mid_id;            /* 0: not on this line */
  gboolean rtcp_rsize;
  gchar *msid_stream, *msid_track;  /* ours */
  guint sctp_port;                  /* peer's */
  guint64 max_message_size;         /* peer's */
} GstCallSdpLine;

/* An m-line on the wire. It never goes away either, but can be stopped and
 * recycled. */
typedef struct
{
  GstCallKind kind;
  guint index;
  gchar *mid;
  gchar *proto, *first_format;      /* of the peer, for mirroring a dead one */
  gint line;                        /* inside, -1: dead */
} GstCallSdpWire;

/* The transport of the whole bundle, as one side describes it */
typedef struct
{
  gchar *ufrag, *pwd;
  gchar **fingerprints;             /* sorted */
  gboolean ice_lite;
} GstCallSdpTransport;

typedef enum
{
  GST_CALL_SDP_STABLE,
  GST_CALL_SDP_LOCAL_OFFER,
  GST_CALL_SDP_REMOTE_OFFER,
} GstCallSdpState;

/* What a description may change; receive and send work on a copy and put it
 * in place only when everything went well. */
typedef struct
{
  GstCallSdpState state;
  GPtrArray *lines;                 /* GstCallSdpLine: inside */
  GPtrArray *wire;                  /* GstCallSdpWire */
  GstCallSdpSetup role;             /* ours, ACTIVE or PASSIVE once fixed */
  GstCallSdpTransport remote;
  guint twcc_id, mid_id;            /* of the bundle, 0: not fixed yet */
  guint32 used_ids;                 /* header extension ids the peer uses */
  guint64 used_pts[2];              /* payload types the peer uses */
  gint inner_tag;                   /* m-line of webrtcbin's transport, -1 */
  gint wire_tag;                    /* wire m-line of the wire's, -1 */
} GstCallSdpSession;

struct _GstCallSdp
{
  gchar **codecs[2];                /* preferences by GstCallKind */
  GstCallDirection wish[3];         /* by GstCallKind */
  GstCallSdpSession *session;
  gchar *stream_id;                 /* msid of ours where webrtcbin has none */
  guint64 session_id;               /* o= */
  guint version;
  GHashTable *candidates;           /* set of strings, this ICE generation: of
                                     * descriptions, and "trickled " ones */
};

/* Always FALSE, with the error set */
gboolean gst_call_sdp_fail (GError ** error, GstCallSdpError code,
    const gchar * text);

/* Sets desc->tag, and in_bundle where there is no group */
gboolean gst_call_sdp_find_tag (GstCallSdpDesc * desc, GstCallSdpType type,
    GError ** error);
gboolean gst_call_sdp_check_tag (const GstCallSdpSection * tag,
    GError ** error);
gboolean gst_call_sdp_take_transport (GstCallSdpSession * session,
    const GstCallSdpDesc * desc, GError ** error);
void gst_call_sdp_transport_clear (GstCallSdpTransport * transport);

GstCallSdpLine *gst_call_sdp_session_line (const GstCallSdpSession * session,
    guint index);
const gchar *gst_call_kind_name (GstCallKind kind);
GstCallDirection gst_call_direction_reverse (GstCallDirection direction);

GstCallSdpLine *gst_call_sdp_line_new (GstCallKind kind, guint index);
GstCallSdpLine *gst_call_sdp_line_copy (const GstCallSdpLine * line);
void gst_call_sdp_line_free (GstCallSdpLine * line);
/* The peer's section of an offer that has this line, with the codec chosen */
void gst_call_sdp_line_take_offer (GstCallSdp * self,
    GstCallSdpSession * session, GstCallSdpLine * line,
    const GstCallSdpSection * section, const GstCallSdpChoice * choice);
/* FALSE: the line is not used on the wire */
gboolean gst_call_sdp_line_take_answer (GstCallSdpSession * session,
    GstCallSdpLine * line, const GstCallSdpSection * section, gboolean usable,
    gboolean * no_codec);
/* webrtcbin's own section */
gboolean gst_call_sdp_line_take_made (GstCallSdp * self,
    GstCallSdpSession * session, GstCallSdpLine * line,
    const GstCallSdpSection * section, GstCallSdpType type, GError ** error);
/* How we would offer the codecs of a kind now: GstCallSdpChoice */
GArray *gst_call_sdp_offer_choices (GstCallSdp * self,
    const GstCallSdpSession * session, GstCallKind kind);
guint gst_call_sdp_ext_id (const GstCallSdpSession * session, guint wanted);
/* After any change: what the caller sees */
void gst_call_sdp_line_publish (GstCallSdpLine * line);

/* --- the wire ------------------------------------------------------------ */

GstCallSdpWire *gst_call_sdp_session_wire (const GstCallSdpSession * session,
    guint index);
GstCallSdpWire *gst_call_sdp_wire_new (GstCallKind kind, guint index);
GstCallSdpWire *gst_call_sdp_wire_copy (const GstCallSdpWire * wire);
void gst_call_sdp_wire_free (GstCallSdpWire * wire);
/* What it has inside, or NULL */
GstCallSdpLine *gst_call_sdp_wire_line (const GstCallSdpSession * session,
    const GstCallSdpWire * wire);
void gst_call_sdp_wire_attach (GstCallSdpWire * wire, GstCallSdpLine * line);
/* It is dead now */
void gst_call_sdp_wire_drop (const GstCallSdpSession * session,
    GstCallSdpWire * wire);
/* The peer's section of an offer or answer, for one m-line */
gboolean gst_call_sdp_wire_take_offer (GstCallSdp * self,
    GstCallSdpSession * session, GstCallSdpWire * wire,
    const GstCallSdpSection * section, gboolean * no_codec, GError ** error);
gboolean gst_call_sdp_wire_take_answer (GstCallSdpSession * session,
    GstCallSdpWire * wire, const GstCallSdpSection * section,
    gboolean * no_codec, GError ** error);
/* The wanted one, where that is free */
gchar *gst_call_sdp_new_inner_mid (const GstCallSdpSession * session,
    const gchar * wanted);

/* --- text ---------------------------------------------------------------- */

/* The peer's description as webrtcbin is told it */
gchar *gst_call_sdp_write_inner_remote (const GstCallSdpSession * session,
    const GstCallSdpDesc * desc, GstCallSdpType type, guint version);
/* webrtcbin's own description, corrected for set-local-description */
gchar *gst_call_sdp_write_inner_local (const GstCallSdpSession * session,
    const gchar * made, const GstCallSdpDesc * desc, GstCallSdpType type);
/* webrtcbin's own description for the peer */
gchar *gst_call_sdp_write_wire (const GstCallSdp * self,
    const GstCallSdpSession * session, const GstCallSdpDesc * made,
    GstCallSdpType type);

/* --- ICE ----------------------------------------------------------------- */

/* What follows "candidate:"; usable: webrtcbin may be told */
gboolean gst_call_sdp_candidate_is_valid (const gchar * candidate);
gboolean gst_call_sdp_candidate_is_mdns (const gchar * candidate);

G_END_DECLS
