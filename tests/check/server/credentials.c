/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the server signs: tokens of rooms, and credentials of TURN servers.
 */
#include "call-credentials.h"

#include <string.h>

/* given tokens that are right, forged, expired, for another room, of another
 * algorithm, when they are checked, then only the right one passes */
static void
test_tokens (void)
{
  g_autoptr (GBytes) secret = g_bytes_new_static ("0123456789abcdef"
      "0123456789abcdef", 32);
  g_autoptr (GBytes) other = g_bytes_new_static ("0123456789abcdef"
      "0123456789abcdeF", 32);
  g_autofree gchar *good = call_token_make (secret, "tea", 1000, 2000);
  g_autofree gchar *forged = call_token_make (other, "tea", 1000, 2000);
  g_autofree gchar *all = call_token_make (secret, "*", 1000, 2000);
  g_autofree gchar *none = g_strconcat ("eyJhbGciOiJub25lIn0.",
      strchr (good, '.') + 1, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (call_token_check (secret, good, "tea", 1500, NULL));
  g_assert_true (call_token_check (secret, all, "tea", 1500, NULL));
  g_assert_false (call_token_check (secret, good, "tea", 2000, &error));
  g_assert_error (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_EXPIRED);
  g_clear_error (&error);
  g_assert_false (call_token_check (secret, good, "milk", 1500, &error));
  g_assert_error (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_ROOM);
  g_clear_error (&error);
  g_assert_false (call_token_check (secret, forged, "tea", 1500, &error));
  g_assert_error (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_SIGNATURE);
  g_clear_error (&error);
  g_assert_false (call_token_check (secret, none, "tea", 1500, &error));
  g_assert_error (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_SIGNATURE);
  g_clear_error (&error);
  /* alg none without a signature, and one with it cut short */
  *strrchr (none, '.') = '\0';
  g_assert_false (call_token_check (secret, none, "tea", 1500, NULL));
  for (gsize i = 0; good[i] != '\0'; i++) {
    g_autofree gchar *cut = g_strndup (good, i);
    g_autofree gchar *changed = g_strdup (good);

    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    g_assert_false (call_token_check (secret, cut, "tea", 1500, NULL));
    /* the last letter has bits that do not count */
    if (good[i + 1] != '\0')
      g_assert_false (call_token_check (secret, changed, "tea", 1500, NULL));
  }
}

/* given RFC 7515's example key and the JWT of its appendix A.1, when its
 * signature is checked, then it is right: the claims alone are refused */
static void
test_token_vector (void)
{
  gsize length;
  g_autofree guint8 *key = call_base64url_decode ("AyM1SysPpbyDfgZld3umj1qzK"
      "ObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", &length);
  g_autoptr (GBytes) secret = g_bytes_new (key, length);
  g_autoptr (GError) error = NULL;

  g_assert_false (call_token_check (secret,
          "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
          "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
          "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
          "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "tea", 1300000000,
          &error));
  g_assert_error (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_MALFORMED);
}

/* given a TURN secret, when credentials are made, then they are what
 * `echo -n 1000:x | openssl dgst -sha1 -hmac north -binary | base64` says */
static void
test_turn (void)
{
  g_autoptr (GBytes) secret = g_bytes_new_static ("north", 5);
  g_autofree gchar *user = NULL;
  g_autofree gchar *password = NULL;

  call_turn_credentials (secret, "x", 1000, &user, &password);
  g_assert_cmpstr (user, ==, "1000:x");
  g_assert_cmpstr (password, ==, "ZaPZuW7mdBBaplWz7b1kHErngT0=");
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/credentials/tokens", test_tokens);
  g_test_add_func ("/credentials/token-vector", test_token_vector);
  g_test_add_func ("/credentials/turn", test_turn);
  return g_test_run ();
}
