// desk: an identity database for a test, and short words for what happens at a sign-in desk. The
// clock is desk.now_us; a test turns it.
#pragma once

#include "../unit.h"

#include "vault/identity/identity_in.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD "harbour-violin-ninety-moss"
#define HOME     "10.0.0.7"

enum {
	SECOND = 1000000,
	MINUTE = 60 * SECOND
};
static const int64_t HOUR = (int64_t)60 * MINUTE;

static struct desk {
	char dir[64], path[96], blocklist[96], problem[256];
	struct identity *identity;
	struct arena *arena;
	int64_t now_us;
	uint32_t wait_s; // of the last attempt
} desk;

static inline enum err desk_try_open(uint8_t key)
{
	struct identity_options options = {.path = desk.path,
		.cost = {8, 1, 1},
		.issuer = "St Anna",
		.blocklist = desk.blocklist};
	memset(&options.hospital_key, key, sizeof options.hospital_key);
	return identity_open(&options, &desk.identity, desk.problem);
}

static inline int desk_open(void **state)
{
	(void)state;
	desk = (struct desk){
		.dir = "/tmp/identity-XXXXXX", .now_us = 1800000000000000 + 7 * SECOND};
	if (!mkdtemp(desk.dir))
		return -1;
	snprintf(desk.path, sizeof desk.path, "%s/identity.db", desk.dir);
	snprintf(desk.blocklist, sizeof desk.blocklist, "%s/blocklist.txt", desk.dir);
	FILE *file = fopen(desk.blocklist, "we");
	if (!file)
		return -1;
	fputs("# comment\n\nSpringtime-at-the-ward\r\n", file);
	fclose(file);
	desk.arena = arena_new();
	return desk_try_open(7) == OK ? 0 : -1;
}

static inline int desk_end(void **state)
{
	(void)state;
	char command[128];
	identity_close(desk.identity);
	arena_free(desk.arena);
	snprintf(command, sizeof command, "rm -rf %s", desk.dir);
	return system(command);
}

static inline void desk_again(void)
{
	identity_close(desk.identity);
	desk.identity = NULL;
	assert_ok(desk_try_open(7));
}

static inline const char *code_of(const uint8_t secret[TOTP_SECRET_BYTES], int64_t at_us)
{
	static char code[8];
	assert_int_equal(oath_totp_generate((const char *)secret, TOTP_SECRET_BYTES,
				 (time_t)(at_us / SECOND), TOTP_STEP_S, 0, 6, code),
		OATH_OK);
	return code;
}

static inline const uint8_t *secret_of(const char *account)
{
	return account_held(desk.identity, account)->totp;
}

static inline enum err attempt(
	const char *login, const char *password, const char *address, struct sign_in_step *ret_step)
{
	struct sign_in_wish wish = {
		login, password, address, "a browser", SESSION_COOKIE, desk.now_us};
	struct sign_in *running;
	enum err err = sign_in_begin(desk.identity, &wish, &running, &desk.wait_s);
	if (err)
		return err;
	sign_in_run(running);
	err = sign_in_end(desk.identity, running, ret_step);
	sign_in_free(running);
	return err;
}

static inline enum err change(const char *ticket, const char *account, const char *old,
	const char *password, struct sign_in_step *ret_step)
{
	struct password_wish wish = {ticket, account, old, password, desk.now_us};
	struct password_change *running;
	struct password_advice advice;
	enum err err = password_change_begin(desk.identity, &wish, &running, &advice);
	desk.wait_s = advice.wait_s;
	if (err)
		return err;
	password_change_run(running);
	err = password_change_end(desk.identity, running, ret_step);
	password_change_free(running);
	return err;
}

// An account that has its own password, PASSWORD, and is at the step after that.
static inline const char *hire(
	const char *login, const char *role, bool single_factor, struct sign_in_step *ret_step)
{
	struct account_new wish = {login, "Zoë Adams", role, "Practitioner/1", single_factor};
	char given[PASSWORD_GIVEN_BYTES];
	struct account account;
	assert_ok(identity_account_create(
		desk.identity, &wish, desk.now_us, desk.arena, &account, given));
	assert_ok(attempt(login, given, HOME, ret_step));
	assert_int_equal(ret_step->state, SIGN_IN_CHANGE_PASSWORD);
	assert_ok(change(ret_step->ticket, NULL, NULL, PASSWORD, ret_step));
	return account.id;
}

static inline const char *hire_alone(const char *login, const char *role)
{
	struct sign_in_step step;
	const char *id = hire(login, role, true, &step);
	assert_int_equal(step.state, SIGN_IN_DONE);
	return id;
}

// With a second factor; ret_step has the first session and the recovery codes.
static inline const char *hire_enrolled(const char *login, struct sign_in_step *ret_step)
{
	const char *id = hire(login, "clinician", false, ret_step);
	struct enrolment enrolment;
	char ticket[TOKEN_TEXT_BYTES];
	size_t size;
	char *secret;
	assert_int_equal(ret_step->state, SIGN_IN_ENROL);
	memcpy(ticket, ret_step->ticket, sizeof ticket);
	assert_ok(sign_in_enrol(desk.identity, ticket, desk.now_us, desk.arena, &enrolment));
	assert_int_equal(
		oath_base32_decode(enrolment.secret, strlen(enrolment.secret), &secret, &size),
		OATH_OK);
	assert_int_equal(size, TOTP_SECRET_BYTES);
	assert_ok(sign_in_enrol_confirm(desk.identity, ticket,
		code_of((const uint8_t *)secret, desk.now_us), desk.now_us, ret_step));
	free(secret);
	assert_int_equal(ret_step->state, SIGN_IN_DONE);
	return id;
}

// As far as the second factor.
static inline void knock(const char *login, const char *address, char ret_ticket[TOKEN_TEXT_BYTES])
{
	struct sign_in_step step;
	assert_ok(attempt(login, PASSWORD, address, &step));
	assert_int_equal(step.state, SIGN_IN_SECOND_FACTOR);
	memcpy(ret_ticket, step.ticket, TOKEN_TEXT_BYTES);
}

static inline enum err enter(const char *ticket, const char *code, struct sign_in_step *ret_step)
{
	return sign_in_code(desk.identity, ticket, code, desk.now_us, ret_step);
}
