/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request to callcontrol: whatever the bytes, the answer is one line, JSON
 * that callctl's own check takes, and no longer than promised. The elements are
 * plain ones that do nothing, with properties of all kinds.
 */
#include "call-json.h"
#include "fuzz.h"
#include "gstcallcontrolrequest.h"

#include <string.h>

static GstElement *pipeline;

static void
start (void)
{
  static const gchar *const factories[] = { "identity", "fakesink", "queue",
    "capsfilter", "tee"
  };
  guint i;

  gst_init (NULL, NULL);
  pipeline = gst_object_ref_sink (gst_pipeline_new ("pipeline"));
  for (i = 0; i < G_N_ELEMENTS (factories); i++) {
    GstElement *element = gst_element_factory_make (factories[i], factories[i]);

    if (!element)
      g_error ("no element %s", factories[i]);
    gst_bin_add (GST_BIN (pipeline), element);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  GstCallControlWanted wanted = { NULL };
  g_autofree gchar *line = NULL;
  g_autofree gchar *answer = NULL;
  gsize length;

  if (!pipeline)
    start ();
  if (size == 0)
    return 0;                   /* the server skips empty lines */
  /* exactly as long as it is, so that reading on is seen */
  line = g_memdup2 (data, size);
  answer = gst_call_control_request_run (pipeline, line, size, 1, &wanted);
  gst_call_control_wanted_clear (&wanted);
  length = strlen (answer);
  if (length == 0 || length > GST_CALL_CONTROL_MAX_REPLY
      || strchr (answer, '\n') != answer + length - 1)
    g_error ("not one line: %s", answer);
  if (call_json_check (answer, length - 1, GST_CALL_CONTROL_MAX_REPLY,
          CALL_JSON_MAX_DEPTH) != CALL_JSON_OK)
    g_error ("no JSON: %s", answer);
  return 0;
}
