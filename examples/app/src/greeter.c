/* Says hello, in the words of $GREETING. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    const char *greeting = getenv("GREETING");
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        puts("greeter " VERSION);
        return 0;
    }
    printf("%s, %s\n", greeting ? greeting : "hi", argc > 1 ? argv[1] : "nobody");
    return 0;
}
