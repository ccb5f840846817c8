// watch_in: what the two files of the role share. Nobody else includes this.
#pragma once

#include "common/io/loop.h"
#include "watch/access/access.h"
#include "watch/activity.h"
#include "watch/casebook.h"
#include "watch/conductor.h"
#include "watch/detector.h"
#include "watch/messenger.h"
#include "watch/question.h"
#include "watch/warden.h"

struct role {
	struct event_base *base;
	struct control control;
	struct event *pull, *report;
	struct peer vault;
	bool has_vault, asked;
	struct activity *activity;
	struct access *access;
	struct detector *detector;
	struct casebook *casebook;
	uint64_t place, size;
	bool failed;
	struct messenger messenger;
	struct warden warden;
	struct watch_parts parts; // for questions
	struct conductor *conductor;
	int64_t began_us;
};

// The parent starts the role again, and it finds again what could not be kept.
void watch_give_up(struct role *role);

// watch_vault.c: what passes between watch and the vault.
void watch_join(struct role *role, int fd); // a vault came; owns fd, and lets go of one before
void watch_pull(struct role *role);         // asks for what is new, tells what cannot wait
void watch_report(struct role *role);       // everything the vault shows; it must be there
