/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: any asks; answers come in the asker's main context.
 */
#include "names.h"

#define TEST_TYPE_NAMES (test_names_get_type ())
G_DECLARE_FINAL_TYPE (TestNames, test_names, TEST, NAMES, GResolver);

struct _TestNames
{
  GResolver parent;
};

G_DEFINE_TYPE (TestNames, test_names, G_TYPE_RESOLVER);

static gint asked;

static void
free_addresses (gpointer addresses)
{
  g_resolver_free_addresses (addresses);
}

static void
on_cancelled (GCancellable * cancellable, gpointer data)
{
  GTask *task = data;

  g_task_return_error_if_cancelled (task);
  g_object_unref (task);
}

static void
lookup_by_name_async (GResolver * resolver, const gchar * name,
    GCancellable * cancellable, GAsyncReadyCallback func, gpointer data)
{
  GTask *task = g_task_new (resolver, cancellable, func, data);

  g_atomic_int_inc (&asked);
  if (g_str_has_prefix (name, "never")) {
    g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), task, NULL);
    return;
  }
  if (g_str_has_suffix (name, ".here") || g_str_has_prefix (name, "here"))
    g_task_return_pointer (task, g_list_append (NULL,
            g_inet_address_new_from_string (g_str_equal (name, "six.here") ?
                "::1" : "127.0.0.1")), free_addresses);
  else
    g_task_return_new_error (task, G_RESOLVER_ERROR,
        G_RESOLVER_ERROR_NOT_FOUND, "There is no '%s'", name);
  g_object_unref (task);
}

static GList *
lookup_by_name_finish (GResolver * resolver, GAsyncResult * result,
    GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_names_class_init (TestNamesClass * klass)
{
  GResolverClass *resolver_class = G_RESOLVER_CLASS (klass);

  resolver_class->lookup_by_name_async = lookup_by_name_async;
  resolver_class->lookup_by_name_finish = lookup_by_name_finish;
}

static void
test_names_init (TestNames * self)
{
}

guint
test_names_count (void)
{
  return g_atomic_int_get (&asked);
}

void
test_names_use (void)
{
  g_autoptr (GResolver) resolver = g_object_new (TEST_TYPE_NAMES, NULL);

  g_resolver_set_default (resolver);
}
