/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfakeconfig.h"

#include <string.h>

static const gchar *kinds[GST_CALL_FAKE_N_KINDS] = { "video", "audio" };

static gboolean
bad_item (const gchar * item, const gchar * why, GError ** error)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      GST_CALL_FAKE_DEVICES_ENV ": \"%.60s\": %s", item, why);
  return FALSE;
}

static gboolean
set_option (GstCallFakeOptions * options, const gchar * name, guint64 value)
{
  if (g_str_equal (name, "open-delay"))
    options->open_delay = value;
  else if (g_str_equal (name, "fail-open"))
    options->fail_open = value != 0;
  else if (g_str_equal (name, "unplug-after"))
    options->unplug_after = value;
  else if (g_str_equal (name, "replug-after"))
    options->replug_after = value;
  else if (g_str_equal (name, "stall-after"))
    options->stall_after = value;
  else if (g_str_equal (name, "never-delivers"))
    options->never_delivers = value != 0;
  else if (g_str_equal (name, "max-height"))
    options->max_height = value;
  else
    return FALSE;
  return TRUE;
}

/* key: what stands after the kind, "" or "[index].option" */
static gboolean
parse_key (GstCallFakeConfig * config, guint kind, const gchar * key,
    guint64 value, const gchar * item, GError ** error)
{
  guint from = 0, to = GST_CALL_FAKE_MAX - 1, i;
  gchar *end = (gchar *) key;

  if (*key == '\0') {
    if (value > GST_CALL_FAKE_MAX)
      return bad_item (item, "at most " G_STRINGIFY (GST_CALL_FAKE_MAX)
          " devices of a kind", error);
    config->count[kind] = value;
    return TRUE;
  }
  if (g_ascii_isdigit (*key)) {
    guint64 index = g_ascii_strtoull (key, &end, 10);

    if (index >= GST_CALL_FAKE_MAX)
      return bad_item (item, "devices are numbered from 0 to 15", error);
    from = to = index;
  }
  if (*end != '.')
    return bad_item (item, "expected video=N, audio=N or video0.OPTION=VALUE",
        error);
  for (i = from; i <= to; i++) {
    if (!set_option (&config->options[kind][i], end + 1, value))
      return bad_item (item, "options are open-delay, fail-open, unplug-after, "
          "replug-after, stall-after, never-delivers and max-height", error);
  }
  return TRUE;
}

static gboolean
parse_item (GstCallFakeConfig * config, const gchar * item, GError ** error)
{
  g_autofree gchar *key = NULL;
  const gchar *equals = strchr (item, '=');
  guint64 value;
  guint kind;

  if (!equals)
    return bad_item (item, "expected NAME=VALUE", error);
  key = g_strndup (item, equals - item);
  if (!g_ascii_string_to_unsigned (equals + 1, 10, 0, GST_CALL_FAKE_MAX_MS,
          &value, NULL))
    return bad_item (item, "expected a number from 0 to 3600000", error);
  for (kind = 0; kind < GST_CALL_FAKE_N_KINDS; kind++) {
    if (g_str_has_prefix (key, kinds[kind]))
      return parse_key (config, kind, key + strlen (kinds[kind]), value, item,
          error);
  }
  return bad_item (item, "expected video or audio", error);
}

gboolean
gst_call_fake_config_parse (const gchar * text, GstCallFakeConfig * config,
    GError ** error)
{
  g_auto (GStrv) items = NULL;
  guint i;

  memset (config, 0, sizeof (*config));
  items = g_strsplit (text ? text : "", ",", 256);
  for (i = 0; items[i]; i++) {
    const gchar *item = g_strstrip (items[i]);

    if (*item != '\0' && !parse_item (config, item, error)) {
      memset (config, 0, sizeof (*config));
      return FALSE;
    }
  }
  return TRUE;
}
