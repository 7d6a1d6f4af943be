/* The command `charts`. Everything that it does is in the library. */
#include "charts.h"

int main(int count, char **arguments) {
  return charts_main(count, arguments);
}
