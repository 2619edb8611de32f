/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads
 *   name    runs                                              never
 *   worker  everything but on_state_changed                   waits
 *   any     on_state_changed: of the agent, its thread or     calls anything
 *           who has just called it
 *
 * There is no lock: what both touch is atomic, and outlives the handler.
 *
 * webrtcbin has no ICE restart in any version, but libnice has: it keeps the
 * selected pair, what it sends to and what it takes from there, until a pair
 * of the new generation takes over (nice_component_restart). It does not look
 * for new addresses of this machine, nor does webrtcbin gather twice: a path
 * whose address has gone takes a new webrtcbin.
 *
 * webrtcbin lets nothing in while its agent is not connected, although what
 * the agent gives it has come from an address that was checked. So once it has
 * been connected it does not hear of anything less: a path that comes back is
 * as good as before, also while an ICE restart is on its way. Nor does it hear
 * of anything once it is being stopped: its transportreceivebin would block a
 * pad again that it has let go, with a reference to itself, and stay for ever.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallice.h"
#include "gstcallpath.h"

#include <netdb.h>
#include <nice/agent.h>
#include <string.h>

/* With max-bundle webrtcbin has one stream, of one component */
#define STREAM 1
#define COMPONENT 1

typedef struct
{
  gint closed;                  /* atomic */
  gint keep_open;               /* atomic */
  gint broken;                  /* atomic */
  gint found;                   /* atomic: since the last restart */
} State;

struct _GstCallPath
{
  GstElement *webrtcbin;
  State *state;
};

/* The first handler of this signal */
static void
on_state_changed (NiceAgent * agent, guint stream, guint component,
    guint new_state, gpointer data)
{
  State *state = data;
  gboolean up = new_state == NICE_COMPONENT_STATE_CONNECTED
      || new_state == NICE_COMPONENT_STATE_READY;

  if (g_atomic_int_get (&state->closed)) {
    g_signal_stop_emission_by_name (agent, "component-state-changed");
    return;
  }
  if (!g_atomic_int_get (&state->keep_open))
    return;
  if (up || new_state == NICE_COMPONENT_STATE_FAILED) {
    g_atomic_int_set (&state->broken, !up);
    g_atomic_int_set (&state->found, up);
  }
  if (!up)
    g_signal_stop_emission_by_name (agent, "component-state-changed");
}

static void
state_unref (gpointer data, GClosure * closure)
{
  g_atomic_rc_box_release (data);
}

GstCallPath *
gst_call_path_new (GstElement * webrtcbin)
{
  GstCallPath *self = g_new0 (GstCallPath, 1);
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = gst_call_ice_get_agent (webrtcbin, &ice);

  self->webrtcbin = webrtcbin;
  self->state = g_atomic_rc_box_new0 (State);
  if (agent)
    g_signal_connect_data (agent, "component-state-changed",
        G_CALLBACK (on_state_changed), g_atomic_rc_box_acquire (self->state),
        state_unref, 0);
  return self;
}

void
gst_call_path_free (GstCallPath * self)
{
  g_atomic_rc_box_release (self->state);
  g_free (self);
}

void
gst_call_path_keep_open (GstCallPath * self)
{
  g_atomic_int_set (&self->state->keep_open, TRUE);
}

void
gst_call_path_close (GstCallPath * self)
{
  g_atomic_int_set (&self->state->closed, TRUE);
}

gboolean
gst_call_path_is_broken (GstCallPath * self)
{
  return g_atomic_int_get (&self->state->broken);
}

gboolean
gst_call_path_was_found (GstCallPath * self)
{
  return g_atomic_int_get (&self->state->found);
}

gboolean
gst_call_path_restart (GstCallPath * self)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = gst_call_ice_get_agent (self->webrtcbin, &ice);

  g_atomic_int_set (&self->state->found, FALSE);
  return agent && nice_agent_restart (NICE_AGENT (agent));
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

gchar *
gst_call_path_list_addresses (void)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func (g_free);
  struct ifaddrs *all, *i;

  if (getifaddrs (&all) != 0)
    return g_strdup ("");
  for (i = all; i; i = i->ifa_next) {
    gchar host[NI_MAXHOST];

    if (!gst_call_ice_may_use (i))
      continue;
    if (getnameinfo (i->ifa_addr, i->ifa_addr->sa_family == AF_INET ?
            sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6), host,
            sizeof host, NULL, 0, NI_NUMERICHOST) != 0)
      continue;
    host[strcspn (host, "%")] = '\0';
    g_ptr_array_add (list, g_strdup (host));
  }
  freeifaddrs (all);
  g_ptr_array_sort (list, compare);
  g_ptr_array_add (list, NULL);
  return g_strjoinv (" ", (gchar **) list->pdata);
}

gboolean
gst_call_path_addresses_went (const gchar * before, const gchar * after)
{
  g_auto (GStrv) old = g_strsplit (before, " ", -1);
  g_auto (GStrv) now = g_strsplit (after, " ", -1);
  guint i;

  for (i = 0; old[i]; i++) {
    if (!g_strv_contains ((const gchar * const *) now, old[i]))
      return TRUE;
  }
  return FALSE;
}

/* Candidates live as long as their stream. FALSE: there is no path. */
static gboolean
get_pair (GstCallPath * self, NiceCandidate ** local, NiceCandidate ** remote)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = gst_call_ice_get_agent (self->webrtcbin, &ice);

  return agent && nice_agent_get_selected_pair (NICE_AGENT (agent), STREAM,
      COMPONENT, local, remote);
}

gboolean
gst_call_path_is_relayed (GstCallPath * self)
{
  NiceCandidate *local = NULL, *remote = NULL;

  return get_pair (self, &local, &remote)
      && (local->type == NICE_CANDIDATE_TYPE_RELAYED
      || remote->type == NICE_CANDIDATE_TYPE_RELAYED);
}

gboolean
gst_call_path_lost_address (GstCallPath * self, const gchar * addresses)
{
  g_auto (GStrv) list = g_strsplit (addresses, " ", -1);
  NiceCandidate *local = NULL, *remote = NULL;
  gchar address[NICE_ADDRESS_STRING_LEN];

  if (!get_pair (self, &local, &remote))
    return FALSE;
  nice_address_to_string (&local->base_addr, address);
  return !g_strv_contains ((const gchar * const *) list, address);
}
