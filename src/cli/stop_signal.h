#pragma once

namespace freshet::cli {

/// Ctrl-C and SIGTERM as a question, for verbs that run on until they are told to end in order. Also lets a write to a
/// closed pipe fail instead of ending the program.
void watch_stop_signals();
/// How often one of them came since.
int stop_signals();

}  // namespace freshet::cli
