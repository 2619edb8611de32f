/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which payload types we can use, and how webrtcbin is told.
 *
 * An answer of webrtcbin is a blind gst_caps_intersect of the offer's formats
 * with the codec preferences and the caps on the sink pad; on a mismatch
 * 1.22 silently answers recvonly. Different payload numbers, an H.264
 * profile-level-id, sprop-parameter-sets or a stereo flag are enough for
 * that. So the codec is chosen here, the offer that webrtcbin hears lists
 * that one format without any fmtp that a payloader writes too, and the true
 * fmtp stands only on the wire.
 *
 * The marker "x-call-line" makes the caps of two m-lines with the same codec
 * differ: webrtcbin pairs m-lines and transceivers by caps alone (up to 1.28),
 * and a screen share must not take the camera's transceiver. In caps it is a
 * field, in webrtcbin's own descriptions it comes out as a=x-call-line, which
 * nobody reads, and on the wire it never stands.
 *
 * Sources: RFC 6184 section 8 (H.264 fmtp), RFC 7742 and 7874 (what browsers
 * must do), RFC 7587 (Opus fmtp), RFC 4588 (RTX), RFC 4585 and 5104 (rtcp-fb).
 */
#include "gstcallsdp-priv.h"

#include <string.h>

#define VIDEO_FEEDBACK (GST_CALL_FB_NACK | GST_CALL_FB_NACK_PLI | \
    GST_CALL_FB_CCM_FIR | GST_CALL_FB_TRANSPORT_CC)

#define H264_OUR_LEVEL 0x1f     /* 3.1: 1280x720 at 30 frames per second */

static const GstCallSdpCodec codecs[] = {
  {"OPUS", "opus/48000/2", GST_CALL_KIND_AUDIO, 48000, 2, 111, -1,
      "minptime=10;useinbandfec=1;stereo=1", GST_CALL_FB_TRANSPORT_CC},
  {"VP8", "VP8/90000", GST_CALL_KIND_VIDEO, 90000, 0, 96, 97, NULL,
      VIDEO_FEEDBACK},
  {"H264", "H264/90000", GST_CALL_KIND_VIDEO, 90000, 0, 102, 103, NULL,
      VIDEO_FEEDBACK},
};

const GstCallSdpCodec *
gst_call_sdp_codec_find (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_ascii_strcasecmp (codecs[i].name, name) == 0)
      return &codecs[i];
  }
  return NULL;
}

/* RFC 6184 table 5: the three ways to write Constrained Baseline */
static gboolean
is_constrained_baseline (guint profile_idc, guint iop)
{
  return (profile_idc == 0x42 && (iop & 0x4f) == 0x40)
      || (profile_idc == 0x4d && (iop & 0x8f) == 0x80)
      || (profile_idc == 0x58 && (iop & 0xcf) == 0xc0);
}

static gboolean
parse_profile_level_id (const gchar * fmtp, guint * level)
{
  gchar text[8];
  guint64 id;

  /* RFC 6184 section 8.1: absent means Baseline, not Constrained Baseline */
  if (!gst_call_sdp_fmtp_get (fmtp, "profile-level-id", text, sizeof (text))
      || strlen (text) != 6
      || !g_ascii_string_to_unsigned (text, 16, 0, 0xffffff, &id, NULL))
    return FALSE;
  *level = id & 0xff;
  return is_constrained_baseline (id >> 16, (id >> 8) & 0xff);
}

/* What our own fmtp may say: with level asymmetry in both descriptions each
 * side states its own level, else the lower of the two holds for both
 * (RFC 6184 section 8.2.2). */
static gboolean
take_h264_fmtp (const gchar * fmtp, GstCallSdpChoice * choice)
{
  gchar text[4];
  guint level;

  if (!gst_call_sdp_fmtp_get (fmtp, "packetization-mode", text, sizeof (text))
      || strcmp (text, "1") != 0 || !parse_profile_level_id (fmtp, &level))
    return FALSE;
  choice->h264_level = 0;
  if (!gst_call_sdp_fmtp_get (fmtp, "level-asymmetry-allowed", text,
          sizeof (text)) || strcmp (text, "1") != 0)
    choice->h264_level = MIN (level, H264_OUR_LEVEL);
  return TRUE;
}

static gint
find_rtx (const GstCallSdpSection * section, guint pt)
{
  for (guint i = 0; i < section->formats->len; i++) {
    GstCallSdpFormat *format =
        &g_array_index (section->formats, GstCallSdpFormat, i);
    gchar apt[4];
    guint64 number;

    if (format->name != NULL && g_ascii_strcasecmp (format->name, "rtx") == 0
        && gst_call_sdp_fmtp_get (format->fmtp, "apt", apt, sizeof (apt))
        && g_ascii_string_to_unsigned (apt, 10, 0, 127, &number, NULL)
        && number == pt)
      return format->pt;
  }
  return -1;
}

/* Is this format that codec, in a form that we can send and receive? */
static gboolean
take_format (const GstCallSdpSection * section,
    const GstCallSdpFormat * format, const GstCallSdpCodec * codec,
    GstCallSdpChoice * choice)
{
  /* the payloaders' pad templates stop at 96 */
  if (codec->kind != section->kind || format->name == NULL || format->pt < 96
      || g_ascii_strcasecmp (format->name, codec->name) != 0
      || format->clock_rate != codec->clock_rate
      || format->channels != codec->channels)
    return FALSE;
  choice->codec = codec;
  choice->pt = format->pt;
  choice->h264_level = 0;
  choice->feedback = format->feedback & codec->feedback;
  choice->rtx_pt = -1;
  /* RTX without NACK is never asked for */
  if (codec->rtx_pt >= 0 && (choice->feedback & GST_CALL_FB_NACK))
    choice->rtx_pt = find_rtx (section, format->pt);
  return strcmp (codec->name, "H264") != 0
      || take_h264_fmtp (format->fmtp, choice);
}

static gboolean
choose_codec (const GstCallSdpSection * section, const GstCallSdpCodec * codec,
    gint pt, GstCallSdpChoice * choice)
{
  for (guint i = 0; i < section->formats->len; i++) {
    const GstCallSdpFormat *format =
        &g_array_index (section->formats, GstCallSdpFormat, i);

    if ((pt < 0 || format->pt == (guint) pt)
        && take_format (section, format, codec, choice))
      return TRUE;
  }
  return FALSE;
}

gboolean
gst_call_sdp_choose_from_offer (const GstCallSdpSection * section,
    const gchar * const *preferences, const GstCallSdpChoice * keep,
    GstCallSdpChoice * choice)
{
  if (keep != NULL && keep->codec != NULL
      && (choose_codec (section, keep->codec, keep->pt, choice)
          || choose_codec (section, keep->codec, -1, choice)))
    return TRUE;
  for (guint i = 0; preferences[i] != NULL; i++) {
    const GstCallSdpCodec *codec = gst_call_sdp_codec_find (preferences[i]);

    if (codec != NULL && choose_codec (section, codec, -1, choice))
      return TRUE;
  }
  return FALSE;
}

GArray *
gst_call_sdp_choices_of_offer (const GstCallSdpSection * section,
    const gchar * const *preferences)
{
  GArray *choices = g_array_new (FALSE, TRUE, sizeof (GstCallSdpChoice));

  for (guint i = 0; preferences[i] != NULL; i++) {
    const GstCallSdpCodec *codec = gst_call_sdp_codec_find (preferences[i]);
    GstCallSdpChoice choice = { NULL, 0, -1, 0, 0 };

    if (codec != NULL && choose_codec (section, codec, -1, &choice))
      g_array_append_val (choices, choice);
  }
  return choices;
}

/* The order of an answer is the peer's preference of what it gets: we send the
 * first. It sends any of them, the first of our offer if it keeps to RFC 3264,
 * section 6.1, as Chromium does. */
gboolean
gst_call_sdp_choose_from_answer (const GstCallSdpSection * section,
    const GstCallSdpCodec * but, const GArray * offered,
    GstCallSdpChoice * choice)
{
  for (guint i = 0; i < section->formats->len; i++) {
    const GstCallSdpFormat *format =
        &g_array_index (section->formats, GstCallSdpFormat, i);

    for (guint j = 0; offered != NULL && j < offered->len; j++) {
      const GstCallSdpChoice *ours =
          &g_array_index (offered, GstCallSdpChoice, j);

      if (ours->pt != format->pt || ours->codec == but
          || !take_format (section, format, ours->codec, choice))
        continue;
      if (choice->rtx_pt != ours->rtx_pt)
        choice->rtx_pt = -1;
      return TRUE;
    }
  }
  return FALSE;
}

gchar *
gst_call_sdp_choice_fmtp (const GstCallSdpChoice * choice)
{
  if (strcmp (choice->codec->name, "H264") == 0) {
    if (choice->h264_level != 0)
      return g_strdup_printf ("packetization-mode=1;profile-level-id=42e0%02x",
          choice->h264_level);
    return g_strdup_printf ("level-asymmetry-allowed=1;packetization-mode=1;"
        "profile-level-id=42e0%02x", H264_OUR_LEVEL);
  }
  return g_strdup (choice->codec->fmtp);
}

static void
set_feedback (GstStructure * s, guint feedback)
{
  if (feedback & GST_CALL_FB_NACK)
    gst_structure_set (s, "rtcp-fb-nack", G_TYPE_BOOLEAN, TRUE, NULL);
  if (feedback & GST_CALL_FB_NACK_PLI)
    gst_structure_set (s, "rtcp-fb-nack-pli", G_TYPE_BOOLEAN, TRUE, NULL);
  if (feedback & GST_CALL_FB_CCM_FIR)
    gst_structure_set (s, "rtcp-fb-ccm-fir", G_TYPE_BOOLEAN, TRUE, NULL);
  if (feedback & GST_CALL_FB_TRANSPORT_CC)
    gst_structure_set (s, "rtcp-fb-transport-cc", G_TYPE_BOOLEAN, TRUE, NULL);
}

static void
set_extmap (GstStructure * s, guint id, const gchar * uri)
{
  g_autofree gchar *field = g_strdup_printf ("extmap-%u", id);

  if (id != 0)
    gst_structure_set (s, field, G_TYPE_STRING, uri, NULL);
}

GstCaps *
gst_call_sdp_choice_caps (const GstCallSdpChoice * choice, gint line,
    const gchar * mid, guint twcc_id, guint mid_id)
{
  const GstCallSdpCodec *codec = choice->codec;
  GstCaps *caps = gst_caps_new_simple ("application/x-rtp",
      "media", G_TYPE_STRING, gst_call_kind_name (codec->kind),
      "payload", G_TYPE_INT, choice->pt,
      "clock-rate", G_TYPE_INT, codec->clock_rate,
      "encoding-name", G_TYPE_STRING, codec->name, NULL);
  GstStructure *s = gst_caps_get_structure (caps, 0);

  if (codec->channels != 0) {
    g_autofree gchar *channels = g_strdup_printf ("%u", codec->channels);
    gst_structure_set (s, "encoding-params", G_TYPE_STRING, channels, NULL);
  }
  if (line >= 0) {
    g_autofree gchar *marker = g_strdup_printf ("%d", line);
    gst_structure_set (s, "x-call-line", G_TYPE_STRING, marker, NULL);
  }
  if (mid != NULL)
    gst_structure_set (s, "a-mid", G_TYPE_STRING, mid, NULL);
  set_feedback (s, choice->feedback);
  set_extmap (s, twcc_id, GST_CALL_EXT_TWCC);
  set_extmap (s, mid_id, GST_CALL_EXT_MID);
  return caps;
}
