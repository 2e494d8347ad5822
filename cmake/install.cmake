# `cmake --install`: the program, its man page and its completions, which it prints itself: they know what it knows.
include(GNUInstallDirs)
set(man_page ${CMAKE_BINARY_DIR}/generated/freshet.1)
set(completions ${CMAKE_BINARY_DIR}/generated/completions)
file(MAKE_DIRECTORY ${completions})
add_custom_command(
  TARGET freshet POST_BUILD VERBATIM
  COMMAND freshet __man > ${man_page}
  COMMAND freshet completion bash > ${completions}/freshet.bash
  COMMAND freshet completion zsh > ${completions}/freshet.zsh
  COMMAND freshet completion fish > ${completions}/freshet.fish
  COMMENT "Man page and completions")

install(TARGETS freshet RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${man_page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completions}/freshet.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME freshet)
install(FILES ${completions}/freshet.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _freshet)
install(FILES ${completions}/freshet.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
