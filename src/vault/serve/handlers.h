// handlers: what the route table points at, by file. Each follows the contract of route_handler.
#pragma once

#include "vault/serve/route.h"

// fhir_read.c
route_handler fhir_read, fhir_vread, fhir_history;
// fhir_search_handler.c
route_handler fhir_search;
// As part of a bundle: with the parameters of the ask, over what the open transaction sees.
void fhir_search_staged(struct vault *vault, struct exchange *exchange, int type);
// fhir_write.c
route_handler fhir_create, fhir_update, fhir_delete;
// fhir_bundle.c
route_handler fhir_bundle, api_import;
// fhir_metadata.c
route_handler fhir_metadata;
// api_sign_in.c
route_handler api_sign_in, api_second_factor, api_enrol, api_enrol_confirm, api_sign_in_password,
	api_password_advice, api_sign_out;
// api_me.c
route_handler api_me, api_me_second_factor, api_me_password, api_me_recovery_codes, api_me_patients,
	api_sessions, api_session_end, api_break_glass, api_break_glass_list;
// api_trail.c
route_handler api_seen, api_trail, api_trail_state, api_trail_entry;
// api_queue.c
route_handler api_queue, api_trail_explanation;
// api_review.c
route_handler api_queue_review;
// api_accounts.c
route_handler api_accounts, api_account_create, api_account_change, api_account_reset_password,
	api_account_reset_second_factor, api_account_token;
// api_keys.c
route_handler api_keys_rotate, api_keys_rotated, api_patient_forget;
// api_behaviour.c
route_handler api_behaviour, api_behaviour_health;
// api_intelligence.c
route_handler api_intelligence, api_intelligence_look, api_intelligence_share;
// api_exceptions.c
route_handler api_exceptions, api_exception_create, api_exception_remove;
// api_lures.c
route_handler api_lures, api_lure_create, api_lure_remove;
// api_findings.c
route_handler api_findings, api_finding;
// api_incidents.c
route_handler api_incidents, api_incident, api_incident_act, api_incident_open, api_incident_letter;
// api_playbooks.c
route_handler api_playbooks, api_playbook_runs, api_playbook_run, api_playbook_dry_run,
	api_playbook_decide, api_measures, api_measure_lift;
// openapi.c
route_handler api_openapi;
// api_courier.c
route_handler api_courier, api_courier_test;
// api_guard.c
route_handler api_guard_order, api_guard_list, api_guard_series;
// api_status.c
route_handler api_health, api_status, api_activity, api_news, api_records_check;
