/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A certificate for this machine, made here: browsers give a page camera and
 * microphone only over HTTPS. A local authority (ca.pem) signs a leaf for all
 * addresses and names of the machine; both stay in a folder between starts,
 * so that who trusts ca.pem once goes on trusting.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* $STATE_DIRECTORY (systemd), or gst-call in the user's state folder */
gchar *call_state_dir_get_default (void);

/* 32 random bytes from `name` in `state_dir`; made on first use, mode 0600 */
GBytes *call_state_dir_get_key (const gchar * state_dir, const gchar * name,
    GError ** error);

/* Makes what is not there, or does not fit any more: the leaf is renewed when
 * an address of the machine is not in it or its end is near. The paths are
 * for call_tls_identity_load (); `ca_file` is what devices are given. */
gboolean call_self_signed_ensure (const gchar * state_dir,
    gchar ** certificate_file, gchar ** key_file, gchar ** ca_file,
    GError ** error);

/* Addresses and names of this machine, as text; loopback last */
gchar **call_machine_get_names (void);

G_END_DECLS
