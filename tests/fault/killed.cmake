# The programs of the tests of kills, power cuts and links: the system calls that change files, which kill the process at
# the n-th or write down what is done; as part of a C program against the core, and to be loaded before other programs.
if(TARGET charts_core)
  add_executable(fault_calls ${CMAKE_CURRENT_LIST_DIR}/calls.c ${CMAKE_CURRENT_LIST_DIR}/filecalls.c
                             ${CMAKE_CURRENT_LIST_DIR}/pyramids.c)
  target_link_libraries(fault_calls PRIVATE charts_core)
  set_target_properties(
    fault_calls PROPERTIES OUTPUT_NAME calls LINKER_LANGUAGE CXX RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fault)
  # Other programs find the calls by their names.
  add_library(fault_filecalls MODULE ${CMAKE_CURRENT_LIST_DIR}/filecalls.c)
  target_link_libraries(fault_filecalls PRIVATE charts_flags ${CMAKE_DL_LIBS})
  set_target_properties(
    fault_filecalls PROPERTIES C_VISIBILITY_PRESET default OUTPUT_NAME filecalls PREFIX "" LIBRARY_OUTPUT_DIRECTORY
                               ${CMAKE_BINARY_DIR}/fault)
  add_dependencies(tests fault_calls fault_filecalls)
endif()
