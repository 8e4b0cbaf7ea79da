// SPDX-License-Identifier: GPL-3.0-or-later
// Retouches a picture with the whole editor's file: a host in C++ that needs ONNX Runtime and nothing of this project.
//
//   g++ -std=c++17 -O2 whole_editor.cpp -o whole_editor -I/usr/include/onnxruntime -lonnxruntime
//   ./whole_editor photo-editor.onnx photo.ppm enhanced.ppm [STRENGTH]
//
// Debian: apt-get install g++ libonnxruntime-dev. Pictures are PPM (8 bits, sRGB), which needs no decoder; your
// program has one: it hands over bytes of red, green and blue, row by row.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <onnxruntime_cxx_api.h>

struct Picture {
    std::int64_t width = 0, height = 0;
    std::vector<std::uint8_t> samples;  // height * width * 3
};

Picture read_ppm(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string magic;
    Picture picture;
    int highest = 0;
    if (!(file >> magic >> picture.width >> picture.height >> highest) || magic != "P6" || highest != 255)
        throw std::runtime_error(path + ": is no binary PPM of 8 bits; make one with: convert photo.jpg photo.ppm");
    if (picture.width < 1 || picture.height < 1 || picture.width > 1'000'000'000 / picture.height)
        throw std::runtime_error(path + ": has no size that can be edited");
    file.get();  // the one blank behind the header
    picture.samples.resize(static_cast<std::size_t>(picture.width * picture.height * 3));
    if (!file.read(reinterpret_cast<char*>(picture.samples.data()), static_cast<std::streamsize>(picture.samples.size())))
        throw std::runtime_error(path + ": is cut short");
    return picture;
}

int run(const std::string& editor, const std::string& photo, const std::string& out, float strength) {
    if (std::filesystem::exists(out)) throw std::runtime_error(out + ": is there already; give another name");
    Picture picture = read_ppm(photo);

    Ort::Env env(ORT_LOGGING_LEVEL_WARNING, "whole_editor");
    env.DisableTelemetryEvents();
    Ort::Session session(env, std::filesystem::path(editor).c_str(), Ort::SessionOptions{});
    const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);

    // NaN: as the policy chooses. The file says how many sliders it has by the shape of this input, and in its
    // metadata ("sliders", JSON) which.
    std::vector<float> sliders(session.GetInputTypeInfo(2).GetTensorTypeAndShapeInfo().GetShape().at(0), std::nanf(""));
    const std::int64_t shape[] = {picture.height, picture.width, 3}, count = static_cast<std::int64_t>(sliders.size());
    std::vector<Ort::Value> inputs;
    inputs.push_back(Ort::Value::CreateTensor<std::uint8_t>(memory, picture.samples.data(), picture.samples.size(), shape, 3));
    inputs.push_back(Ort::Value::CreateTensor<float>(memory, &strength, 1, nullptr, 0));
    inputs.push_back(Ort::Value::CreateTensor<float>(memory, sliders.data(), sliders.size(), &count, 1));
    const char* names[] = {"image", "strength", "set_sliders"};
    const char* wanted[] = {"edited", "sliders"};
    const auto outputs = session.Run(Ort::RunOptions{}, names, inputs.data(), inputs.size(), wanted, 2);

    for (std::size_t k = 0; k < sliders.size(); ++k)
        std::cout << (k ? " " : "sliders ") << outputs[1].GetTensorData<float>()[k];
    std::cout << "\n";
    std::ofstream file(out, std::ios::binary);
    file << "P6\n" << picture.width << " " << picture.height << "\n255\n";
    file.write(reinterpret_cast<const char*>(outputs[0].GetTensorData<std::uint8_t>()),
               static_cast<std::streamsize>(picture.samples.size()));
    if (!file.flush()) throw std::runtime_error(out + ": cannot be written");
    return 0;
}

int main(int count, char** arguments) {
    // ONNX Runtime 1.29 and later tell their maker of their use unless the environment says this.
    setenv("ORT_DISABLE_TELEMETRY", "1", 1);
    if (count != 4 && count != 5) {
        std::cerr << "usage: whole_editor photo-editor.onnx photo.ppm enhanced.ppm [STRENGTH, 0 to 2]\n";
        return 2;
    }
    try {
        return run(arguments[1], arguments[2], arguments[3], count == 5 ? std::stof(arguments[4]) : 1.0F);
    } catch (const std::exception& error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
