/* The server in machine code: reports itself to the recorder, never answers, and ends after a minute. SELF is given to the
   compiler. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  char path[64];
  snprintf(path, sizeof path, "/run/mcp-record/%d", (int)getpid());
  FILE *report = fopen(path, "w");
  if (report == NULL) return 1;
  fprintf(report, "{\"pid\":%d,\"self\":\"%s\",\"args\":[", (int)getpid(), SELF);
  /* The recorder gives it no argument that JSON would write otherwise. */
  for (int i = 1; i < argc; i++) fprintf(report, "%s\"%s\"", i > 1 ? "," : "", argv[i]);
  fputs("]}", report);
  fclose(report);
  sleep(90);
  return 0;
}
