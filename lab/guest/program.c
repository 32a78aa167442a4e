/* program.c: another program, run in the guest: what it prints goes to the host, line by line. */
#include "agent.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS 8

/* exec FILE ARGUMENT… */
void program_run(char *text, void (*say)(const char *line), char *answer)
{
	char *arguments[ARGUMENTS + 1] = { 0 }, line[LINE - 2];
	int count = 0, status, output[2];
	for (char *word = strtok(text, " "); word && count < ARGUMENTS; word = strtok(0, " ")) arguments[count++] = word;
	if (!count || pipe(output)) {
		strcpy(answer, "cannot expected: exec FILE ARGUMENT…");
		return;
	}
	pid_t pid = fork();
	if (pid == 0) {
		dup2(output[1], 1);
		close(output[0]);
		close(output[1]);
		execv(arguments[0], arguments);
		_exit(127);
	}
	close(output[1]);
	FILE *lines = pid < 0 ? 0 : fdopen(output[0], "r");
	while (lines && fgets(line, sizeof line, lines)) {
		char said[LINE];
		line[strcspn(line, "\n")] = 0;
		snprintf(said, sizeof said, "| %s", line);
		say(said);
	}
	if (lines) fclose(lines);
	else close(output[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) { }
	if (pid < 0) sprintf(answer, "err %s", errno_name(errno));
	else if (WIFSIGNALED(status)) sprintf(answer, "ok signal=%d", WTERMSIG(status));
	else sprintf(answer, "ok exit=%d", WEXITSTATUS(status));
}
