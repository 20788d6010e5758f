// Eight schools (Rubin 1981) in both parametrizations: the models of the gallery, by posteriordb's names.
import { centredModel, model } from "../eightSchools.js";
import { column, posterior } from "./support/posterior.js";

const inputs = (data: Parameters<typeof column>[0]) => [column(data, "y"), column(data, "sigma")];

export const eightSchoolsCentered = posterior({
  name: "eight_schools-eight_schools_centered",
  model: centredModel,
  inputs,
});

export const eightSchoolsNoncentered = posterior({
  name: "eight_schools-eight_schools_noncentered",
  model,
  inputs,
  parameters: ({ mu, tau, eta }) => ({
    theta: (eta as readonly number[]).map((each) => (mu as number) + (tau as number) * each),
    mu: mu!,
    tau: tau!,
    theta_trans: eta!,
  }),
  choices: ({ mu, tau, theta_trans }) => ({ mu: mu!, tau: tau!, eta: theta_trans! }),
});
