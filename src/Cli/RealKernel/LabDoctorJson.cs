using System.Text.Json.Serialization;
using Hooks.Lab;

namespace Hooks.Cli.RealKernel;

/// <summary>What the doctor found, as JSON.</summary>
/// <param name="Lab">The lab's folder.</param>
/// <param name="Qemu">QEMU's version.</param>
/// <param name="Images">The kernels, in the order of their names.</param>
internal sealed record LabDoctorJson(string Lab, string Qemu, IReadOnlyList<DiagnosisJson> Images)
{
    /// <summary>The object.</summary>
    public static string Print(LabFolder lab, string version, IReadOnlyList<Diagnosis> diagnoses) =>
        JsonText.Of(new LabDoctorJson(lab.Path, version, [.. diagnoses.Select(DiagnosisJson.Of)]), JsonTypes.Default.LabDoctorJson);
}

/// <summary>A kernel, fit for use or not.</summary>
[JsonDerivedType(typeof(FitJson))]
[JsonDerivedType(typeof(UnfitJson))]
internal abstract record DiagnosisJson
{
    /// <summary>Of what the doctor found.</summary>
    public static DiagnosisJson Of(Diagnosis diagnosis) => diagnosis.Wrong is { } wrong
        ? new UnfitJson(diagnosis.Image.Name, Fit: false, wrong)
        : new FitJson(diagnosis.Image.Name, Fit: true, diagnosis.Release, Math.Round(diagnosis.BootedIn.TotalSeconds, 3), diagnosis.SelfTest, diagnosis.Steps, diagnosis.Addressable);
}

/// <summary>A kernel that is fit for use.</summary>
/// <param name="Image">Its name.</param>
/// <param name="Fit">True.</param>
/// <param name="Kernel">Its release; null if the guest does not say.</param>
/// <param name="BootSeconds">From the start of QEMU to the agent's first word.</param>
/// <param name="SelfTest">What the self-test said.</param>
/// <param name="Steps">How many steps its model has; left out if the image has no line tables.</param>
/// <param name="Addressable">In front of how many of them a task can be held.</param>
internal sealed record FitJson(
    string Image,
    bool Fit,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Kernel,
    double BootSeconds,
    string SelfTest,
    int? Steps,
    int? Addressable) : DiagnosisJson;

/// <summary>A kernel that is not.</summary>
/// <param name="Image">Its name.</param>
/// <param name="Fit">False.</param>
/// <param name="Wrong">What is wrong.</param>
internal sealed record UnfitJson(string Image, bool Fit, string Wrong) : DiagnosisJson;
