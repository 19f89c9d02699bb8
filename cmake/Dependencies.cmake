# Every third-party library, found once and given a name. tools/packages.txt lists the Debian packages they come from.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(MOZJS REQUIRED IMPORTED_TARGET mozjs-102)

if(ALVEUS_TESTS)
  find_package(GTest REQUIRED)
endif()
if(ALVEUS_BENCH)
  find_package(benchmark REQUIRED)
endif()
if(ALVEUS_LABORATORY)
  enable_language(C)  # ITK's own dependencies (HDF5) are looked for with it
  find_package(Torch REQUIRED)
  find_package(ITK 5.2 REQUIRED COMPONENTS
    ITKCommon ITKIOGDCM ITKIONIFTI ITKIOPNG ITKIOImageBase ITKImageGrid ITKThresholding ITKBinaryMathematicalMorphology
    ITKConnectedComponents ITKLabelMap ITKSmoothing ITKImageFunction ITKImageStatistics ITKMathematicalMorphology)
  # The factories that register the readers; the include of UseITK would add ITK's folders to every target.
  set(ITK_NO_IO_FACTORY_REGISTER_MANAGER ON)
endif()
