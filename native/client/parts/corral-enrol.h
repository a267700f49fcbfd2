/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral-enrol.h: the client of Corral's enrolment protocol, version 2 (docs/protocol.md), in one C99 file without
 * dependencies. In exactly one source file, before any other header:
 *
 *     #define CORRAL_ENROL_IMPLEMENTATION
 *     #include "corral-enrol.h"
 *
 * A workload enrols, is told when to act, acts when it comes to a safe point, and answers:
 *
 *     struct corral_client client;
 *     struct corral_options options = { .name = "my-workload" };
 *     corral_init(&client, &options);
 *     for (;;) {
 *             struct corral_action *action;
 *             ... some work ...
 *             corral_poll(&client);
 *             while ((action = corral_safe_point(&client)) != NULL)
 *                     corral_done(&client, action, compress_everything() ? &stats : NULL);
 *     }
 *     corral_close(&client);
 *
 * No function waits, whatever the server does, and none ends the process or raises SIGPIPE. A server that is not there, hangs or
 * restarts is dealt with by the calls of corral_poll. One client is for one thread. After fork the child enrols as itself with its
 * first corral_poll. The connection is close-on-exec: another program has to enrol anew.
 */

#include "interface.h"

#ifdef CORRAL_ENROL_IMPLEMENTATION
#ifndef CORRAL_ENROL_IMPLEMENTED
#define CORRAL_ENROL_IMPLEMENTED

#include "protocol.h"

#include "write-payload.h"

#include "read-payload.h"

#include "connection.h"

#include "greeting.h"

#include "requests.h"

#include "receive.h"

#include "run.h"

#include "act.h"

#endif
#endif
