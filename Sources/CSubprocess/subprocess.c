#include "subprocess.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/prctl.h>
#endif

/// The child: becomes the program, or writes the reason to `report`. Only calls that are safe in a signal handler.
static void become(const char *program, char *const arguments[], int output, int errors, int report, pid_t parent) {
  // Its own children are ended with it.
  setpgid(0, 0);
#if defined(__linux__)
  // The kernel sends it when the forking thread ends, not only with the process.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
#else
  (void)parent;
#endif
  // Blocked and ignored signals are inherited.
  signal(SIGPIPE, SIG_DFL);
  signal(SIGXFSZ, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int input = open("/dev/null", O_RDONLY);
  if (input >= 0 && dup2(input, 0) >= 0 && dup2(output, 1) >= 0 && dup2(errors, 2) >= 0) execv(program, arguments);
  int reason = errno;
  while (write(report, &reason, sizeof reason) < 0 && errno == EINTR) continue;
  _exit(127);
}

pid_t start_program(const char *program, char *const arguments[], int output, int errors) {
  // Closed by exec: empty where that has worked.
  int report[2];
  if (pipe(report) != 0) return -1;
  fcntl(report[0], F_SETFD, FD_CLOEXEC);
  fcntl(report[1], F_SETFD, FD_CLOEXEC);
  pid_t parent = getpid();
  pid_t child = fork();
  int reason = errno;
  if (child == 0) become(program, arguments, output, errors, report[1], parent);
  close(report[1]);
  if (child > 0) {
    setpgid(child, child);
    ssize_t count;
    while ((count = read(report[0], &reason, sizeof reason)) < 0 && errno == EINTR) continue;
    if (count > 0) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
      child = -1;
    }
  }
  close(report[0]);
  errno = reason;
  return child;
}
