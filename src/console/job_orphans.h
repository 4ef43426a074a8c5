/*
 * Jobs of a console before this one: what they came to, or that they still go on in a process of
 * their own. Of job*.c alone.
 */
#ifndef HF_CONSOLE_JOB_ORPHANS_H
#define HF_CONSOLE_JOB_ORPHANS_H

#include "console/job_kept.h"

/* Takes up what is kept in the folder of jobs: first those that went on. */
void hf_jobs_load(struct hf_jobs *jobs);

/* Its process has ended without an answer: what it came to is in its own file, or not known. */
void hf_job_end_unanswered(struct hf_job *job);

/* An orphan is nobody's child here: its end is seen by looking, now and then. */
void hf_job_look_after_orphan(struct hf_job *job);

#endif
