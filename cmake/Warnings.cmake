# The warnings every target of ours compiles with.
add_library(alveus_warnings INTERFACE)
# Designated initialisers leave out what has a default; -Wextra would ask for every member.
target_compile_options(alveus_warnings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wundef -Wno-missing-field-initializers
  $<$<BOOL:${ALVEUS_WERROR}>:-Werror>)
