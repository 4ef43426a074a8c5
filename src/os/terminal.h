/*
 * The terminal, where there is one: a child with a group of its own has it in this process's stead,
 * so that what a person types (Ctrl-C, Ctrl-Z) is for the child alone. Nothing here does anything
 * without a terminal at standard input. Single-threaded.
 */
#ifndef HF_OS_TERMINAL_H
#define HF_OS_TERMINAL_H

#include <sys/types.h>

/* Gives the terminal to a group, where this process has it. */
void hf_terminal_hand_over(pid_t group);

/* Takes the terminal back from a group that had it; from somebody else who has it by now (this
 * process was put in the background) it is not taken. */
void hf_terminal_take_back(pid_t group);

/* A child with a group of its own was stopped from the terminal (Ctrl-Z): stops this process too,
 * so that whoever started it sees it; once continued, the child has the terminal again and goes on.
 * Where nobody could continue it (no shell), or it may not stop (process 1), the child goes on at
 * once. */
void hf_terminal_stop_with(pid_t group);

/*
 * The child alone is told of a Ctrl-C, and whether its end was asked for must be known all the
 * same. A listener is a process in the child's group that ends when the terminal tells the group
 * to: its exit code is then the signal (SIGINT, SIGQUIT, SIGHUP), else 0. 0 for a pid: there is
 * none, as the group has no terminal.
 */
pid_t hf_listener_start(pid_t group);

/* What it heard, by its status as of waitpid: a signal, or 0. */
int hf_listener_heard(int status);

/* Ends it. What it heard before. Fine for no pid. */
int hf_listener_end(pid_t listener);

#endif
