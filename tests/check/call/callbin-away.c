/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a call needs no server once it is connected, not when tracks come
 * and go either; what they are to say is said when there is a server again.
 */
#include "call-test.h"

#include "call-server.h"
#include "gstcall.h"

#include <glib/gstdio.h>

/* Several times over, a connect-timeout goes by */
#define TIMEOUT "connect-timeout=3000 "
#define LONG_US (7 * G_USEC_PER_SEC)
/* Each is two; a signaller keeps 256 messages */
#define CHANGES 150

typedef struct
{
  CallServer *server;
  gchar *keys;                  /* folder: seats survive its restart */
  CallSide *sides[2];           /* the second one offers */
} Call;

static void
start_server (CallServer * server)
{
  g_autoptr (GError) error = NULL;

  fail_unless (call_server_start (server, &error), "%s",
      error ? error->message : "");
}

/* Two who hear each other, in a room of a server of its own */
static void
set_up (Call * self)
{
  static const gchar *const ids[] = { TIMEOUT "peer-id=ann",
    TIMEOUT "peer-id=bob"
  };
  g_autofree gchar *listen = NULL, *url = NULL;
  g_auto (GStrv) urls = NULL;
  guint i;

  GST_ELEMENT_REGISTER (callbin, NULL);
  self->keys = g_dir_make_tmp ("gst-call-XXXXXX", NULL);
  self->server = call_server_new ();
  g_object_set (self->server, "listen", "127.0.0.1:0", "state-dir",
      self->keys, NULL);
  start_server (self->server);
  /* where it is to be found later, too */
  listen = g_strdup_printf ("127.0.0.1:%u",
      call_server_get_port (self->server));
  g_object_set (self->server, "listen", listen, NULL);
  urls = call_server_get_urls (self->server, "tea");
  url = call_test_ws_url (urls[0]);
  for (i = 0; i < 2; i++) {
    self->sides[i] = call_side_join (url, ids[i], CALL_AUDIO_LIVE);
    CALL_WAIT (call_side_has (self->sides[i], "call-joined", NULL, NULL));
  }
  for (i = 0; i < 2; i++) {
    CALL_WAIT (call_side_has (self->sides[i], "call-state", "state",
            "connected"));
    call_side_wait_more (self->sides[i], CALL_AUDIO, 10);
  }
}

static void
tear_down (Call * self)
{
  g_autofree gchar *key = g_build_filename (self->keys, "resume-key", NULL);
  guint i;

  for (i = 0; i < 2; i++) {
    g_autofree gchar *text = call_side_error (self->sides[i]);

    fail_unless (text == NULL, "%s", text);
    call_side_no_error (self->sides[i]);
    fail_if (call_side_has (self->sides[i], "call-peer-left", NULL, NULL));
    fail_unless_equals_int (call_side_count (self->sides[i], "call-state",
            "state", "connected"), 1);
  }
  for (i = 0; i < 2; i++)
    call_side_free (self->sides[i]);
  call_server_stop (self->server);
  g_object_unref (self->server);
  g_unlink (key);
  g_rmdir (self->keys);
  g_free (self->keys);
}

static void
lose_server (Call * self)
{
  guint i;

  call_server_stop (self->server);
  for (i = 0; i < 2; i++)
    CALL_WAIT (call_side_has (self->sides[i], "call-signalling", "state",
            "reconnecting"));
}

static void
find_server (Call * self)
{
  guint i;

  start_server (self->server);
  for (i = 0; i < 2; i++)
    CALL_WAIT (call_side_count (self->sides[i], "call-joined", NULL, NULL) > 1);
}

static void
add_camera (CallSide * side)
{
  GstElement *camera = gst_parse_bin_from_description
      ("videotestsrc is-live=true pattern=ball ! "
      "capsfilter caps=video/x-raw,width=160,height=120,framerate=15/1", TRUE,
      NULL);

  gst_bin_add (GST_BIN (side->pipeline), camera);
  fail_unless (gst_element_link_pads (camera, "src", side->call, "video_0"));
  gst_element_sync_state_with_parent (camera);
}

/* Sound goes on for so long */
static void
listen_for (Call * self, gint64 time)
{
  gint64 end = g_get_monotonic_time () + time;

  while (g_get_monotonic_time () < end) {
    call_side_wait_more (self->sides[0], CALL_AUDIO, 5);
    call_side_wait_more (self->sides[1], CALL_AUDIO, 5);
  }
}

/* given a call whose server is away, when both get a camera, so that an offer
 * has to wait for much longer than connect-timeout, then the sound goes on in
 * the same session; when there is a server again, then pictures come */
GST_START_TEST (test_track_comes)
{
  Call self = { NULL, };

  set_up (&self);
  lose_server (&self);
  add_camera (self.sides[0]);
  add_camera (self.sides[1]);
  listen_for (&self, LONG_US);
  find_server (&self);
  call_side_wait_more (self.sides[0], CALL_VIDEO, 5);
  call_side_wait_more (self.sides[1], CALL_VIDEO, 5);
  tear_down (&self);
}

GST_END_TEST;

/* given a call whose server is away, when one track comes and goes there, more
 * often than a signaller keeps messages, then nothing ends; when there is a
 * server again, then what there is at last is seen */
GST_START_TEST (test_many_changes)
{
  Call self = { NULL, };
  guint i, j;

  set_up (&self);
  lose_server (&self);
  for (i = 0; i < 2; i++) {
    GstElement *call = self.sides[i]->call;

    for (j = 0; j < CHANGES; j++) {
      g_autoptr (GstPad) pad = gst_element_request_pad_simple (call, "video_0");

      fail_unless (pad != NULL);
      gst_element_release_request_pad (call, pad);
    }
    add_camera (self.sides[i]);
  }
  listen_for (&self, G_USEC_PER_SEC);
  find_server (&self);
  call_side_wait_more (self.sides[0], CALL_VIDEO, 5);
  call_side_wait_more (self.sides[1], CALL_VIDEO, 5);
  tear_down (&self);
}

GST_END_TEST;

static Suite *
callbin_away_suite (void)
{
  Suite *s = suite_create ("callbin-away");
  TCase *tc = tcase_create ("away");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_track_comes);
  tcase_add_test (tc, test_many_changes);
  return s;
}

GST_CHECK_MAIN (callbin_away);
