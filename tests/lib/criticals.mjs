// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// GLib's criticals end a test, as G_DEBUG=fatal-criticals would, but for one that
// is rtpsession's own: GStreamer before 1.22.3 walks over its sources while another
// thread adds one.

// For the processes whose output is read by isCritical
export const environment = () => ({ ...process.env, G_DEBUG: '' });

export const isCritical = (text) =>
  text.includes('-CRITICAL **') && !text.includes("'version == hash_table->version'");
