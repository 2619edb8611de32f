/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the hand-written alternatives to callbin have in common.
 */
#pragma once

#include <gst/gst.h>
#include <gst/webrtc/webrtc.h>

#include "bench-view.h"

G_BEGIN_DECLS

#define BENCH_BITRATE 1500000
#define BENCH_VIDEO_PT 96
#define BENCH_AUDIO_PT 97

/* The encoders, with callbin's settings: a difference is not the encoder's */
#define BENCH_VP8ENC "vp8enc name=encoder deadline=1 cpu-used=8 " \
    "end-usage=cbr lag-in-frames=0 keyframe-max-dist=100000 " \
    "error-resilient=default min-quantizer=4 max-quantizer=56 " \
    "undershoot=100 overshoot=15 buffer-size=1000 buffer-initial-size=500 " \
    "buffer-optimal-size=600 max-intra-bitrate=450 static-threshold=1 " \
    "threads=1 target-bitrate=1500000"
#define BENCH_VIDEO_RTP_CAPS "application/x-rtp,media=video," \
    "encoding-name=VP8,payload=96,clock-rate=90000"
#define BENCH_AUDIO_RTP_CAPS "application/x-rtp,media=audio," \
    "encoding-name=OPUS,payload=97,clock-rate=48000," \
    "encoding-params=(string)2"

/* Picture and sound, encoded once: tees `video` and `audio` */
#define BENCH_VIDEO_SENDER "benchpicturesrc name=source ! " \
    "queue max-size-buffers=2 leaky=downstream ! " BENCH_VP8ENC " ! " \
    "rtpvp8pay mtu=1200 pt=96 picture-id-mode=15-bit ! " \
    BENCH_VIDEO_RTP_CAPS " ! tee name=video allow-not-linked=true"
#define BENCH_AUDIO_SENDER "audiotestsrc is-live=true volume=0.1 " \
    "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! " \
    "opusenc bitrate=32000 ! rtpopuspay pt=97 ! " \
    BENCH_AUDIO_RTP_CAPS " ! tee name=audio allow-not-linked=true"

/* init, elements, and an end after `seconds` whatever happens */
void bench_init (int *argc, char ***argv, guint seconds);

/* A max-bundle webrtcbin without UPnP; latency in ms, -1: as it comes;
 * pacing: ms between STUN checks, 0: as libnice has it. It is already in bin. */
GstElement *bench_webrtcbin_new (GstBin * bin, gint latency, guint pacing);

/* A leaky branch from the tee into a new sink pad of webrtcbin */
void bench_webrtcbin_send (GstBin * bin, GstElement * webrtcbin,
    const gchar * tee, const gchar * rtp_caps,
    GstWebRTCRTPTransceiverDirection direction, gboolean nack);
/* A transceiver that only receives */
void bench_webrtcbin_receive (GstElement * webrtcbin, const gchar * rtp_caps,
    gboolean nack);

/* Depayloads, decodes and shows what comes out of a pad of webrtcbin */
void bench_receive_pad (GstBin * bin, GstPad * pad, BenchView * view);

/* Asks the encoder called `encoder` for a keyframe now */
void bench_force_keyframe (GstBin * bin);

/* Marks ICE and DTLS as webrtcbin gets there */
void bench_watch_states (GstElement * webrtcbin, BenchView * view);

/* As gst-launch does: LATENCY is acted on; an ERROR ends the program */
void bench_watch_bus (GstElement * pipeline);

typedef gboolean (*BenchCondition) (gpointer user_data);
/* Runs the default main context until it is so, FALSE: not in time */
gboolean bench_wait (BenchCondition condition, gpointer user_data,
    guint milliseconds);
/* Runs the default main context that long */
void bench_run (guint milliseconds);

G_END_DECLS
