/*
 * sudo for a guest whose only user may do everything: become root and run the command.
 *
 * Written without a C library, so that a compiler and this file are all a build needs. Understood: -i and -s (a
 * shell), -u USER (root is assumed), -E, -n, -S, -H and the like (ignored), NAME=VALUE before the command. It looks the
 * command up in PATH by itself: busybox's env would prefer its own applets to fuller programs of the same name.
 */

enum { SYS_EXECVE = 59, SYS_WRITE = 1, SYS_EXIT = 60, SYS_SETUID = 105, SYS_SETGID = 106, SYS_SETGROUPS = 116 };
enum { WORDS = 4000, LONGEST_PATH = 4096 };

static char *command[WORDS + 1], *variables[WORDS + 1];
static long command_words, variable_count;

static long call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return result;
}

static long length(const char *text)
{
    long n = 0;
    while (text[n])
        n++;
    return n;
}

/* Where `wanted` stands in `text`, or -1. */
static long find(const char *text, char wanted)
{
    long n;
    for (n = 0; text[n]; n++)
        if (text[n] == wanted)
            return n;
    return -1;
}

/* Whether a variable of this name ("NAME=...") is set already. */
static int is_set(const char *variable)
{
    long size = find(variable, '=') + 1, i, n;
    for (i = 0; i < variable_count; i++) {
        for (n = 0; n < size && variables[i][n] == variable[n]; n++)
            ;
        if (n == size)
            return 1;
    }
    return 0;
}

static void set(char *variable)
{
    if (variable_count < WORDS && !is_set(variable))
        variables[variable_count++] = variable;
}

static void add(char *word)
{
    if (command_words < WORDS)
        command[command_words++] = word;
}

/* Whether a one-letter option is followed by a value in the next word. */
static int takes_value(const char *option)
{
    return !option[2] && (option[1] == 'u' || option[1] == 'g' || option[1] == 'p' || option[1] == 'U');
}

/* Replace this program by the command; comes back only if there is no such program. */
static void run_from(const char *folder)
{
    static char path[LONGEST_PATH];
    long used = 0, n;
    if (length(folder) + length(command[0]) + 2 > LONGEST_PATH)
        return;
    for (n = 0; folder[n]; n++)
        path[used++] = folder[n];
    for (n = 0; command[0][n]; n++)
        path[used++] = command[0][n];
    path[used] = 0;
    call(SYS_EXECVE, (long)path, (long)command, (long)variables);
}

/* Read options, variables and the command out of the words that sudo was called with. */
static void read_words(char **words, long count)
{
    long next = 1;
    int shell = 0;
    for (; next < count && words[next][0] == '-'; next++) {
        if (words[next][1] == '-' && !words[next][2]) {
            next++;
            break;
        }
        if (words[next][1] == 'i' || words[next][1] == 's')
            shell = 1;
        if (takes_value(words[next]))
            next++;
    }
    for (; next < count && find(words[next], '=') > 0; next++)
        set(words[next]);
    if (shell || next >= count)
        add("sh");
    if (shell && next < count) {
        add("-c");
        add("exec \"$@\"");
        add("sh");
    }
    while (next < count)
        add(words[next++]);
}

/* `stack` is what the kernel leaves there: the count, the words, 0, the environment, 0. */
void begin(long *stack)
{
    char **words = (char **)(stack + 1), **inherited = words + stack[0] + 1;

    read_words(words, stack[0]);
    set("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    set("HOME=/root");
    set("USER=root");
    set("LOGNAME=root");
    for (; *inherited; inherited++)
        set(*inherited);

    if (call(SYS_SETGROUPS, 0, 0, 0) || call(SYS_SETGID, 0, 0, 0) || call(SYS_SETUID, 0, 0, 0)) {
        call(SYS_WRITE, 2, (long)"sudo: not installed set-uid root\n", 33);
        call(SYS_EXIT, 1, 0, 0);
    }
    if (find(command[0], '/') >= 0) {
        run_from("");
    } else {
        run_from("/usr/sbin/");
        run_from("/usr/bin/");
        run_from("/sbin/");
        run_from("/bin/");
    }
    call(SYS_WRITE, 2, (long)"sudo: ", 6);
    call(SYS_WRITE, 2, (long)command[0], length(command[0]));
    call(SYS_WRITE, 2, (long)": command not found\n", 20);
    call(SYS_EXIT, 127, 0, 0);
}

__asm__(".globl _start\n_start:\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n");
