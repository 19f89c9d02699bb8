# The warnings every target of ours compiles with.
add_library(alveus_warnings INTERFACE)
target_compile_options(alveus_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wundef
  $<$<BOOL:${ALVEUS_WERROR}>:-Werror>)
