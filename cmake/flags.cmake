# Warnings are errors everywhere; sanitizers are chosen by a preset.
add_library(freshet_flags INTERFACE)
target_compile_options(freshet_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align -Woverloaded-virtual
  -Wnull-dereference -Wimplicit-fallthrough -Werror -fno-omit-frame-pointer -msse4.2 -mpclmul)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives of these from inside libstdc++ when it inlines.
  target_compile_options(freshet_flags INTERFACE
    -Wno-error=maybe-uninitialized -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds
    -Wno-restrict -Wno-null-dereference -Wno-dangling-pointer -Wno-free-nonheap-object)
endif()
target_include_directories(freshet_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(freshet_flags INTERFACE FRESHET_VERSION="${PROJECT_VERSION}")
if(FRESHET_SANITIZE)
  add_compile_options(-fsanitize=${FRESHET_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FRESHET_SANITIZE})
endif()
if(FRESHET_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined)
  add_link_options(-fsanitize=address,undefined)
endif()
find_program(MOLD mold)
if(MOLD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-fuse-ld=mold)
endif()
