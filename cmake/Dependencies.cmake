# Every third-party library, found once and given a name. tools/packages.txt lists the Debian packages they come from.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(MOZJS REQUIRED IMPORTED_TARGET mozjs-102)
pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)

if(ALVEUS_TESTS)
  find_package(GTest REQUIRED)
endif()
if(ALVEUS_BENCH)
  find_package(benchmark REQUIRED)
endif()
if(ALVEUS_LABORATORY)
  enable_language(C)  # ITK's own dependencies (HDF5) are looked for with it
  find_package(Torch REQUIRED)
  find_package(PNG REQUIRED)
  find_package(ITK 5.2 REQUIRED COMPONENTS
    ITKCommon ITKIOImageBase ITKIOGDCM ITKBinaryMathematicalMorphology ITKConnectedComponents ITKLabelMap)
  # Only what the library imaging uses: UseITK would put ITK's folders and IO factories into every target.
  add_library(alveus_itk INTERFACE)
  target_include_directories(alveus_itk SYSTEM INTERFACE ${ITKCommon_INCLUDE_DIRS})
  target_link_libraries(alveus_itk INTERFACE ITKCommon ITKIOImageBase ITKIOGDCM)
  # The filters that tests of imaging compare its own with.
  add_library(alveus_itk_masks INTERFACE)
  target_include_directories(alveus_itk_masks SYSTEM INTERFACE ${ITKCommon_INCLUDE_DIRS})
  target_link_libraries(alveus_itk_masks INTERFACE ITKCommon ITKLabelMap itkvnl_algo itkvnl)
endif()
