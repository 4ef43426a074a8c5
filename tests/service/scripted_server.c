#include "service/scripted_server.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void serve(int listener, int requests, const char *const *answers)
{
    for (; *answers; answers++) {
        char request[4096];
        size_t length = 0;
        int client = accept(listener, NULL, NULL);
        while (length < sizeof request - 1) {
            ssize_t got = read(client, request + length, sizeof request - 1 - length);
            if (got <= 0)
                break;
            length += (size_t)got;
            request[length] = 0;
            if (strstr(request, "\r\n\r\n"))
                break;
        }
        if (write(requests, request, length) < 0 || write(client, *answers, strlen(*answers)) < 0)
            _exit(1);
        close(client);
    }
    _exit(0);
}

void hf_scripted_server_start(struct hf_scripted_server *server, const char *const *answers)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int pipes[2], listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(pipe(pipes), 0);
    server->port = ntohs(address.sin_port);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (!server->pid) {
        alarm(20);
        serve(listener, pipes[1], answers);
    }
    close(listener);
    close(pipes[1]);
    server->requests = pipes[0];
}

void hf_scripted_server_finish(struct hf_scripted_server *server, char *asked, size_t size)
{
    size_t length = 0;
    int status;
    for (ssize_t got; (got = read(server->requests, asked + length, size - 1 - length)) > 0;)
        length += (size_t)got;
    asked[length] = 0;
    close(server->requests);
    waitpid(server->pid, &status, 0);
    assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
}
